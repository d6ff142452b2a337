import type { Host } from "./host.js";

/** Tells on stderr what is no failure. For machines each line there is a JSON document. */
export function tell({ host, json }: { readonly host: Host; readonly json: boolean }, notice: string): void {
  host.writeError(`${json ? JSON.stringify({ notice }) : notice}\n`);
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const sources = new URL("../../../../../vitest.sources.mjs", import.meta.url).href;
const program = fileURLToPath(new URL("vendors-process.ts", import.meta.url));

/** How much there is to read. */
export interface VendorsTask {
  /** Rows of Salesforce's bulk query. */
  readonly bulkRows: number;
  /** Records of each other one. */
  readonly records: number;
}

/** Where they are. */
export interface Vendors {
  readonly salesforce: { readonly url: string; readonly client: { readonly id: string; readonly secret: string } };
  readonly quickbooks: { readonly url: string; readonly client: { readonly id: string; readonly secret: string } };
  readonly sap: { readonly url: string; readonly user: { readonly name: string; readonly password: string } };
  readonly items: { readonly url: string };
}

/** Starts the vendors in a process of their own. `close` ends it. */
export async function startVendors(
  task: VendorsTask,
): Promise<Vendors & { readonly pid: number; close(): Promise<void> }> {
  const child = spawn(process.execPath, ["--no-warnings", "--import", sources, program, JSON.stringify(task)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = once(child, "close");
  const early = ended.then(([code]) => {
    throw new Error(`The vendors ended with ${code} before they were ready.`);
  });
  early.catch((error: unknown) => error);
  const [vendors] = await Promise.race([once(child, "message"), early]);
  return {
    ...(vendors as Vendors),
    pid: child.pid ?? 0,
    async close() {
      child.kill();
      await ended;
    },
  };
}

import type { RfcParts } from "../rfc/parts.js";
import type { IdocSettings } from "./idoc-settings.js";
import type { IdocStore } from "./idoc-store.js";

/** What the IDoc services stand on. */
export interface IdocParts extends Pick<RfcParts, "clock" | "random" | "systemId" | "client" | "logon" | "business"> {
  settings: IdocSettings;
  idocs: IdocStore;
}

/** The name of the system as ALE knows it, such as `ISHCLNT100`. */
export function logicalSystem({ systemId, client }: Pick<IdocParts, "systemId" | "client">): string {
  return `${systemId}CLNT${client}`;
}

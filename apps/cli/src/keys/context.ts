import type { Host } from "../host.js";
import type { PlatformApi } from "../platform-api.js";

/** What the commands about keys work with. */
export interface KeysContext {
  readonly api: PlatformApi;
  readonly host: Host;
  /** Whether only JSON goes to stdout. */
  readonly json: boolean;
  /** Sets the exit code where nothing failed and not everything is well. */
  readonly exitWith: (code: number) => void;
}

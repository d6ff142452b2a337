import type { Host } from "./host.js";
import type { PlatformApi } from "./platform-api.js";
import type { TenantApi } from "./tenant-api.js";

/** What a command works with. */
export interface CommandContext<Api> {
  readonly api: Api;
  readonly host: Host;
  /** Whether only JSON goes to stdout. */
  readonly json: boolean;
  /** Sets the exit code where nothing failed and not everything is well. */
  readonly exitWith: (code: number) => void;
}

/** Of the commands about keys. */
export type KeysContext = CommandContext<PlatformApi>;

/** Of the commands about operation runs. */
export type RunsContext = CommandContext<TenantApi>;

/** Of the commands about webhooks. */
export type WebhooksContext = CommandContext<TenantApi>;

/** Of the commands about the operator's sinks. */
export type SinksContext = CommandContext<PlatformApi>;

/** Of the commands about an audit: a tenant's, or the platform's. */
export type AuditContext = CommandContext<Pick<TenantApi | PlatformApi, "verifyAudit">>;

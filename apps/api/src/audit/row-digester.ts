import { type Digester, isConnectorError, type Logger, type Vault } from "@isthmus/core";

// What a row says, by table: what a person has set. No sealed value, which changes whenever it is sealed again, and nothing
// that counts or dates: so that a digest can be made again from the row as it stands.
const said = {
  users: ["email", "name", "roles", "identity", "disabledAt"],
  identity_providers: [
    "name",
    "issuer",
    "jwksUri",
    "audience",
    "algorithms",
    "accessTokenType",
    "requiredScope",
    "rolesClaim",
    "roleMapping",
    "emailClaim",
    "nameClaim",
    "createsUsers",
    "maxAgeSeconds",
    "toleranceSeconds",
    "isEnabled",
  ],
  api_keys: ["userId", "name", "prefix", "expiresAt", "revokedAt", "rotatedTo"],
  webhook_endpoints: ["url", "description", "eventTypes", "connectorIds", "entities", "isActive"],
  inbound_endpoints: ["connectorType", "name", "environment", "isActive", "secretCount"],
  connectors: [
    "connectorCode",
    "connectorName",
    "connectorType",
    "externalSystemUrl",
    "authenticationMethod",
    "configuration",
    "environment",
    "connectorVersion",
    "isActive",
    "boundAccountId",
    "deletedAt",
  ],
  sync_schedules: [
    "connectorId",
    "entity",
    "mode",
    "cron",
    "timeZone",
    "overlap",
    "catchUp",
    "jitterSeconds",
    "backfillFrom",
    "pausedAt",
  ],
} as const satisfies Record<string, readonly string[]>;

/** A row before and after a change. `undefined` = it was not there. */
export interface RowChange {
  readonly before?: object | undefined;
  readonly after?: object | undefined;
  /** The secrets that it has got by the change. `undefined` = the change is not about them. */
  readonly secrets?: unknown;
}

/** What an audit event says of a change: keyed digests of the row, which show whether it changed and not what it says. */
export interface ChangeDigests {
  readonly before?: string;
  readonly after?: string;
  /** Of the secrets that were set: whether they are the same as those of another event. */
  readonly secrets?: string;
}

/** Makes {@link ChangeDigests} of one tenant's rows, inside of its unit of work as well. Dispose of it soon. */
export class RowDigester implements Disposable {
  readonly #digester: Digester | undefined;

  private constructor(digester: Digester | undefined) {
    this.#digester = digester;
  }

  /**
   * Takes the tenant's key, before the unit of work. Where its data key does not open, changes are audited without digests:
   * a key must not have to be revoked later because a key provider is away.
   */
  static async take(
    { vault, logger }: { readonly vault: Vault; readonly logger: Logger },
    tenantId: string,
  ): Promise<RowDigester> {
    try {
      return new RowDigester(await vault.digester(tenantId));
    } catch (error) {
      if (!isConnectorError(error)) throw error;
      logger.warn(
        { tenantId, code: error.code },
        "A change is audited without digests: the tenant's key does not open",
      );
      return new RowDigester(undefined);
    }
  }

  /** The digests of what a row says, and of the secrets that it was given. */
  of(table: keyof typeof said, id: string, { before, after, secrets }: RowChange): ChangeDigests {
    const digest = (field: string, value: unknown) => this.#digester?.digest(value, { table, recordId: id, field });
    const say = (row: object) => Object.fromEntries(said[table].map((name) => [name, Reflect.get(row, name) ?? null]));
    const digests = {
      before: before && digest("said", say(before)),
      after: after && digest("said", say(after)),
      secrets: secrets === undefined ? undefined : digest("secrets", secrets),
    };
    return Object.fromEntries(Object.entries(digests).filter(([, digested]) => digested !== undefined));
  }

  [Symbol.dispose](): void {
    this.#digester?.[Symbol.dispose]();
  }
}

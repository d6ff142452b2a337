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
  inbound_endpoints: ["connectorType", "name", "environment", "isActive", "secretCount"],
  connectors: [
    "connectorCode",
    "connectorName",
    "connectorType",
    "externalSystemUrl",
    "authenticationMethod",
    "configuration",
    "environment",
    "isActive",
    "deletedAt",
  ],
} as const satisfies Record<string, readonly string[]>;

/** A row before and after a change. `undefined` = it was not there. */
export interface RowChange {
  readonly before?: object | undefined;
  readonly after?: object | undefined;
}

/** What an audit event says of a change: keyed digests of the row, which show whether it changed and not what it says. */
export interface ChangeDigests {
  readonly before?: string;
  readonly after?: string;
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

  /** The digests of what a row says. */
  of(table: keyof typeof said, id: string, { before, after }: RowChange): ChangeDigests {
    const digest = (row: object) =>
      this.#digester?.digest(Object.fromEntries(said[table].map((name) => [name, Reflect.get(row, name) ?? null])), {
        table,
        recordId: id,
        field: "said",
      });
    const [first, last] = [before && digest(before), after && digest(after)];
    return { ...(first !== undefined && { before: first }), ...(last !== undefined && { after: last }) };
  }

  [Symbol.dispose](): void {
    this.#digester?.[Symbol.dispose]();
  }
}

import { NotFoundError } from "@isthmus/core";
import { StaleVersionError } from "../database/errors.js";
import { newId } from "../database/ids.js";
import type { Prisma, IdentityProvider as PrismaIdentityProvider } from "../generated/prisma/client.js";
import { type Page, type PageRequest, readObject, toPage } from "./client.js";
import type { TenantScope } from "./scope.js";
import { isRole, type Role } from "./users.js";

/** A role or group of the provider's, and what it stands for here. */
export interface RoleMapping {
  /** A value of the claim, to the letter. */
  readonly value: string;
  readonly roles: readonly Role[];
}

/** What a tenant says of a provider whose tokens it takes. Fields are described in `prisma/schema.prisma`. */
export interface IdentityProviderSettings {
  readonly name: string;
  readonly jwksUri: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  /** `at+jwt` or `jwt`. */
  readonly accessTokenType: string;
  readonly requiredScope: string | null;
  readonly rolesClaim: readonly string[];
  readonly roleMapping: readonly RoleMapping[];
  readonly emailClaim: readonly string[];
  readonly nameClaim: readonly string[];
  readonly createsUsers: boolean;
  readonly maxAgeSeconds: number;
  readonly toleranceSeconds: number;
  readonly isEnabled: boolean;
}

/** A provider as it is stored. */
export interface IdentityProviderRow extends IdentityProviderSettings {
  readonly id: string;
  readonly tenantId: string;
  readonly issuer: string;
  /** Counts changes; hand it back as the expected version of the next one. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a new provider is made of. */
export interface NewIdentityProvider extends IdentityProviderSettings {
  readonly issuer: string;
}

/** The identity providers of one tenant. */
export interface IdentityProviderRepository {
  /** @throws {UniqueViolationError} `fields: ["issuer"]` when the tenant has one with this issuer. */
  create(provider: NewIdentityProvider): Promise<IdentityProviderRow>;
  findById(id: string): Promise<IdentityProviderRow | undefined>;
  findByIssuer(issuer: string): Promise<IdentityProviderRow | undefined>;
  list(page: PageRequest): Promise<Page<IdentityProviderRow>>;
  /**
   * Gives a provider all of these settings if it still has `expectedVersion`, and counts the version up.
   *
   * @throws {StaleVersionError} with the current version, when it has changed since.
   * @throws {NotFoundError} When there is none.
   */
  update(id: string, expectedVersion: number, settings: IdentityProviderSettings): Promise<IdentityProviderRow>;
  /** Removes a provider. Fails as {@link update} does. */
  remove(id: string, expectedVersion: number): Promise<void>;
  /** Switches all of them off: no token of theirs is taken any more. */
  disableAll(): Promise<void>;
}

/** The identity providers of the tenant of `scope`. */
export function createIdentityProviderRepository({ client, tenantId }: TenantScope): IdentityProviderRepository {
  const table = client.identityProvider;

  const fail = async (id: string): Promise<never> => {
    const row = await table.findFirst({ where: { tenantId, id }, select: { version: true } });
    if (row === null) throw new NotFoundError("There is no such identity provider.");
    throw new StaleVersionError("identity provider", row.version);
  };

  return {
    async create(provider) {
      const data = { ...toColumns(provider), issuer: provider.issuer, id: newId(), tenantId };
      return toIdentityProvider(await table.create({ data }));
    },
    async findById(id) {
      const row = await table.findFirst({ where: { tenantId, id } });
      return row === null ? undefined : toIdentityProvider(row);
    },
    async findByIssuer(issuer) {
      const row = await table.findFirst({ where: { tenantId, issuer } });
      return row === null ? undefined : toIdentityProvider(row);
    },
    async list({ limit, after }) {
      const where = { tenantId, id: after === undefined ? undefined : { gt: after } };
      const rows = await table.findMany({ where, orderBy: { id: "asc" }, take: limit + 1 });
      return toPage(rows.map(toIdentityProvider), limit);
    },
    async update(id, expectedVersion, settings) {
      const [row] = await table.updateManyAndReturn({
        where: { tenantId, id, version: expectedVersion },
        data: { ...toColumns(settings), version: { increment: 1 } },
      });
      return row === undefined ? fail(id) : toIdentityProvider(row);
    },
    async remove(id, expectedVersion) {
      const { count } = await table.deleteMany({ where: { tenantId, id, version: expectedVersion } });
      if (count === 0) await fail(id);
    },
    async disableAll() {
      await table.updateMany({ where: { tenantId }, data: { isEnabled: false } });
    },
  };
}

/** A row as it came from the database, whichever way. */
export function toIdentityProvider(row: PrismaIdentityProvider): IdentityProviderRow {
  return { ...row, roleMapping: readMapping(row.roleMapping) };
}

/** Only what a provider may be told: the object handed in may hold more. */
function toColumns(settings: IdentityProviderSettings) {
  const { name, jwksUri, audience, accessTokenType, requiredScope, createsUsers } = settings;
  const { maxAgeSeconds, toleranceSeconds, isEnabled } = settings;
  return {
    ...{ name, jwksUri, audience, accessTokenType, requiredScope, createsUsers },
    ...{ maxAgeSeconds, toleranceSeconds, isEnabled },
    algorithms: [...settings.algorithms],
    rolesClaim: [...settings.rolesClaim],
    emailClaim: [...settings.emailClaim],
    nameClaim: [...settings.nameClaim],
    roleMapping: settings.roleMapping.map(({ value, roles }) => ({ value, roles: [...roles] })),
  };
}

function readMapping(column: Prisma.JsonValue): readonly RoleMapping[] {
  if (!Array.isArray(column)) throw new TypeError("A mapping of roles in the database is none.");
  return column.map((entry) => {
    const { value, roles } = readObject(entry);
    if (typeof value !== "string" || !Array.isArray(roles)) {
      throw new TypeError("A mapping of roles in the database is none.");
    }
    return { value, roles: roles.filter((role) => typeof role === "string").filter(isRole) };
  });
}

import { NotFoundError } from "@isthmus/core";
import { newId } from "../database/ids.js";
import type { User as PrismaUser } from "../generated/prisma/client.js";
import { type Page, type PageRequest, toPage } from "./client.js";
import type { TenantScope } from "./scope.js";

/** Every role that a user can have. The database holds the same list in a check constraint. */
export const roles = ["admin", "editor", "approver", "operator", "viewer"] as const;

/** What a user may do; a user has any number of them. */
export type Role = (typeof roles)[number];

/** Whether `value` names a {@link Role}. */
export function isRole(value: string): value is Role {
  return (roles as readonly string[]).includes(value);
}

/** Who somebody is at an identity provider: the only names that a provider gives to nobody else, ever. */
export interface Identity {
  /** `iss` of their tokens. */
  readonly issuer: string;
  /** `sub` of their tokens. */
  readonly subject: string;
}

/** A person of a tenant. */
export interface UserRow {
  readonly id: string;
  readonly tenantId: string;
  /** Lower-case. */
  readonly email: string;
  readonly name: string;
  /** With API keys. A token of an identity provider brings its own. */
  readonly roles: readonly Role[];
  /** `null` = signs in by API keys only. */
  readonly identity: Identity | null;
  /** Those that the last token brought: not to let somebody in by, but to tell whether they still may what they asked for. */
  readonly identityRoles: readonly Role[];
  /** Set = may not sign in; their keys do not work. */
  readonly disabledAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a new user is made of. */
export interface NewUser {
  /** Stored in lower case. */
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Default: none. */
  readonly identity?: Identity;
}

/** What an update changes; what is missing stays. */
export interface UserChanges {
  readonly name?: string;
  readonly roles?: readonly Role[];
  readonly disabled?: boolean;
  /** `null` takes it away. */
  readonly identity?: Identity | null;
}

/** The people of one tenant. */
export interface UserRepository {
  /** @throws {UniqueViolationError} `fields: ["email"]` or `["identity"]` when the tenant has a user with it. */
  create(user: NewUser): Promise<UserRow>;
  findById(id: string): Promise<UserRow | undefined>;
  findByIdentity(identity: Identity): Promise<UserRow | undefined>;
  /** Notes the roles that a token brings, where they are others than the last one's. Nobody there: nothing is done. */
  noteIdentityRoles(identity: Identity, roles: readonly Role[]): Promise<void>;
  list(page: PageRequest): Promise<Page<UserRow>>;
  /**
   * Locks the administrators that are not disabled until the unit of work ends, so that changes of their rights come one
   * after another.
   *
   * @returns Their ids, as they are now that a rival's change is done.
   */
  lockAdministrators(): Promise<readonly string[]>;
  /** @throws {NotFoundError} When there is none. */
  update(id: string, changes: UserChanges): Promise<UserRow>;
}

/** The people of the tenant of `scope`. */
export function createUserRepository({ client, tenantId }: TenantScope): UserRepository {
  return {
    async create({ email, name, roles, identity }) {
      const columns = identity && toColumns(identity);
      const data = { id: newId(), tenantId, email: email.toLowerCase(), name, roles: [...roles], ...columns };
      return toRow(await client.user.create({ data }));
    },
    async findById(id) {
      const row = await client.user.findFirst({ where: { tenantId, id } });
      return row === null ? undefined : toRow(row);
    },
    async findByIdentity(identity) {
      const row = await client.user.findFirst({ where: { tenantId, ...toColumns(identity) } });
      return row === null ? undefined : toRow(row);
    },
    async noteIdentityRoles(identity, roles) {
      const where = { tenantId, ...toColumns(identity), NOT: { identityRoles: { equals: [...roles] } } };
      await client.user.updateMany({ where, data: { identityRoles: [...roles] } });
    },
    async list({ limit, after }) {
      const where = { tenantId, id: after === undefined ? undefined : { gt: after } };
      const rows = await client.user.findMany({ where, orderBy: { id: "asc" }, take: limit + 1 });
      return toPage(rows.map(toRow), limit);
    },
    async lockAdministrators() {
      // In one order, so that two never wait for each other. Rows that a rival has just changed are judged anew after the
      // wait. Not `for update`: that would hold back whatever only refers to these people, such as their audit events.
      const rows = await client.$queryRaw<{ id: string }[]>`
        select id::text as id from users
        where tenant_id = ${tenantId}::uuid and disabled_at is null and 'admin' = any(roles)
        order by users.id for no key update`;
      return rows.map(({ id }) => id);
    },
    async update(id, changes) {
      const [row] = await client.user.updateManyAndReturn({
        where: { tenantId, id },
        data: {
          name: changes.name,
          roles: changes.roles === undefined ? undefined : [...changes.roles],
          disabledAt: changes.disabled === undefined ? undefined : changes.disabled ? new Date() : null,
          ...(changes.identity !== undefined && toColumns(changes.identity)),
        },
      });
      if (row === undefined) throw new NotFoundError("There is no such user.");
      return toRow(row);
    },
  };
}

function toColumns(identity: Identity | null) {
  return { identityIssuer: identity?.issuer ?? null, identitySubject: identity?.subject ?? null };
}

function toRow({ identityIssuer: issuer, identitySubject: subject, ...row }: PrismaUser): UserRow {
  const identity = issuer && subject ? { issuer, subject } : null;
  return { ...row, roles: row.roles.filter(isRole), identityRoles: row.identityRoles.filter(isRole), identity };
}

import { newId } from "../database/ids.js";
import type { OauthSession as PrismaOauthSession } from "../generated/prisma/client.js";
import { type JsonObject, readObject, toJson } from "./client.js";
import type { TenantScope } from "./scope.js";

/** One authorisation in a browser. Its single-use steps are the system's: nobody is signed in when they come. */
export interface OauthSessionRow {
  readonly id: string;
  readonly tenantId: string;
  readonly connectorId: string;
  readonly requestedBy: string;
  /** Sealed: PKCE verifier, state, redirect address. */
  readonly payload: JsonObject;
  /** Already checked against the allow-list. */
  readonly returnTo: string | null;
  /** The connector's version that the authorisation was made for. */
  readonly connectorVersion: number;
  readonly startedAt: Date | null;
  readonly usedAt: Date | null;
  readonly expiresAt: Date;
  readonly createdAt: Date;
}

/** What a new session is made of. Hashes are SHA-256 in lower-case hexadecimal. */
export interface NewOauthSession {
  /** Default: a new one. Given when the payload is sealed before: it is bound to it. */
  readonly id?: string;
  readonly connectorId: string;
  readonly requestedBy: string;
  readonly startTokenHash: string;
  readonly stateHash: string;
  readonly payload: object;
  readonly returnTo?: string;
  readonly connectorVersion: number;
  /** How long both steps may take together, by the database clock. */
  readonly lifetimeSeconds: number;
}

/** The authorisations of one tenant. */
export interface OauthSessionRepository {
  /** @throws {NotFoundError} When the tenant has no such connector or user. */
  create(session: NewOauthSession): Promise<OauthSessionRow>;
  findById(id: string): Promise<OauthSessionRow | undefined>;
  /** Removes those that ended more than a day ago. @returns How many. */
  deleteExpired(): Promise<number>;
}

/** The authorisations of the tenant of `scope`. */
export function createOauthSessionRepository({ client, tenantId, readTime }: TenantScope): OauthSessionRepository {
  const table = client.oauthSession;
  const omit = { startTokenHash: true, stateHash: true, cookieHash: true, payloadKeyId: true } as const;
  return {
    async create({ id, payload, lifetimeSeconds, ...rest }) {
      const expiresAt = new Date((await readTime()).getTime() + lifetimeSeconds * 1000);
      const data = { ...rest, id: id ?? newId(), tenantId, payload: toJson(payload), expiresAt };
      return toRow(await table.create({ data, omit }));
    },
    async findById(id) {
      const row = await table.findFirst({ where: { tenantId, id }, omit });
      return row === null ? undefined : toRow(row);
    },
    deleteExpired: () => client.$executeRaw`
      delete from oauth_sessions
      where tenant_id = ${tenantId}::uuid and expires_at < now() - interval '1 day'`,
  };
}

type StoredSession = Omit<PrismaOauthSession, "startTokenHash" | "stateHash" | "cookieHash" | "payloadKeyId">;

function toRow(row: StoredSession): OauthSessionRow {
  return { ...row, payload: readObject(row.payload) };
}

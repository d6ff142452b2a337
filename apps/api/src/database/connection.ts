import type { Logger } from "@isthmus/core";
import type { PrismaClient } from "../generated/prisma/client.js";
import type { SystemRunner } from "./system-queries.js";
import type { TenantLaneOpener } from "./tenant-lanes.js";
import type { TenantReadRunner } from "./tenant-reads.js";
import type { WorkChannel } from "./work-channel.js";

/** An open, migrated database, before tenants and units of work. Only this folder holds one. */
export interface Connection {
  /** `embedded` is PGlite in this process, `server` a PostgreSQL. */
  readonly kind: "embedded" | "server";
  /** Prisma's client; it acts as the owner of the tables. */
  readonly prisma: PrismaClient;
  /** Work without a tenant. */
  readonly asSystem: SystemRunner;
  /** Single reads of a tenant. */
  readonly readAsTenant: TenantReadRunner;
  /** Transactions of a tenant that follow each other closely. */
  readonly openLane: TenantLaneOpener;
  /** To other processes, where the database has any. */
  readonly channel?: WorkChannel;
  /** Ends all connections and frees the data directory. */
  close(): Promise<void>;
}

/** What both kinds of database are opened with. */
export interface ConnectionOptions {
  /** Where log lines go. */
  readonly logger: Logger;
}

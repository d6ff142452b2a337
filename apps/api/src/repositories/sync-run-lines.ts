import { newId } from "../database/ids.js";
import { type Page, type PageRequest, toPage } from "./client.js";
import type { TenantScope } from "./scope.js";

/** What happened in a run. */
export type SyncRunEvent = "begun" | "resumed" | "waiting" | "begun_anew" | "records_refused" | "ended";

/** A line of a run's log, as it is to be written. */
export interface NewSyncRunLine {
  readonly event: SyncRunEvent;
  /** Code of a failure. */
  readonly code?: string;
  /** For people. No secret. */
  readonly detail: string;
}

/** A line of a run's log. */
export interface SyncRunLineRow {
  readonly id: string;
  readonly at: Date;
  readonly event: string;
  readonly code: string | null;
  readonly detail: string;
}

/** What happened in the runs of one tenant's syncs. */
export interface SyncRunLineRepository {
  append(runId: string, line: NewSyncRunLine): Promise<void>;
  /** In the order in which it happened; only what is asked for, where it is named. */
  list(runId: string, page: PageRequest, event?: SyncRunEvent): Promise<Page<SyncRunLineRow>>;
}

/** The lines of the tenant of `scope`. */
export function createSyncRunLineRepository({ client, tenantId }: TenantScope): SyncRunLineRepository {
  return {
    async append(runId, line) {
      await client.syncRunLine.create({ data: { ...line, id: newId(), runId, tenantId } });
    },
    async list(runId, { limit, after }, event) {
      const where = { tenantId, runId, event, id: after === undefined ? undefined : { gt: after } };
      return toPage(await client.syncRunLine.findMany({ where, orderBy: { id: "asc" }, take: limit + 1 }), limit);
    },
  };
}

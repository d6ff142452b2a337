import type { ConflictPolicy } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { newId } from "../database/index.js";
import { sealState } from "../runs/run-work.js";
import type { Services } from "../services.js";
import { assertWritable } from "../writes/assert-writable.js";
import { noteWrites, type RequestedWrite } from "../writes/note-writes.js";
import { writeOperation } from "../writes/write-work.js";
import { writerOf } from "../writes/writer-of.js";
import { auditOf } from "./audit.js";
import { findActiveConnector } from "./find-connector.js";
import { type OperationRunView, viewOperationRun } from "./operation-run-view.js";

/** Records of one entity that a caller wants written to the vendor. */
export interface WriteRecordsRequest {
  readonly entity: string;
  readonly policy: ConflictPolicy;
  readonly records: readonly RequestedWrite[];
}

/**
 * Notes records to be written to the vendor: a run, which goes on without the request. Asks the vendor nothing.
 *
 * @throws {ApiError} `CONNECTOR_INACTIVE`, `FORBIDDEN`.
 * @throws {ConnectorError} `UNSUPPORTED` where the connector writes no records in bulk; `VALIDATION_FAILED` for
 *   records that contradict themselves or each other.
 */
export async function writeRecords(
  services: Services,
  caller: Caller,
  connectorId: string,
  { entity, policy, records }: WriteRecordsRequest,
): Promise<OperationRunView> {
  await assertAllowed(services, caller, "operations.write");
  const connector = await findActiveConnector(services, caller.tenantId, connectorId);
  assertWritable(records);
  const writer = await services.pool.use(connector, async (live) => writerOf(services, connector, live), caller);
  const { tenantId, userId: createdBy } = caller;
  const id = newId();
  const work = await sealState(services.vault, { tenantId, id }, { entity, policy });
  const row = await services.database.asTenant(tenantId, async (repositories) => {
    const { operationRuns, recordWrites, auditEvents } = repositories;
    const ids = policy === "ours" ? [] : records.flatMap(({ id: recordId = [] }) => recordId);
    const found = ids.length === 0 ? [] : await repositories.records.findByIds({ connectorId, entity }, ids);
    const stored = new Map(found.map((each) => [each.externalId, each]));
    const writes = noteWrites(records, policy, stored, (record) => writer.baseOf(record, entity));
    const decided = writes.filter(({ outcome }) => outcome !== null);
    const run = { id, connectorId, connectorVersion: connector.version, operation: writeOperation, createdBy };
    const counts = {
      processed: decided.length,
      failed: decided.filter(({ outcome }) => outcome !== "kept").length,
      total: writes.length,
    };
    const queued = await operationRuns.queue(run, work, counts);
    await recordWrites.add(id, writes);
    const facts = { action: "operation_run.begun", targetType: "operation_run", targetId: id } as const;
    const details = { operation: writeOperation, connectorId, entity, policy, records: writes.length };
    await auditEvents.append(auditOf(caller, { ...facts, outcome: "success", details }));
    return queued;
  });
  return viewOperationRun(row);
}

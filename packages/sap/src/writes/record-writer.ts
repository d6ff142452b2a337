import {
  type ConflictPolicy,
  codeOf,
  isConnectorError,
  outcomeOfConflict,
  outcomeOfFailure,
  type RecordOutcome,
  type RecordWrite,
  type RecordWriter,
} from "@isthmus/core";
import { type BatchResult, changeset } from "../odata/client/batch-items.js";
import { idOf } from "../odata/client/change-id.js";
import type { ODataWritten } from "../odata/client/results.js";
import { lookUp, type Target } from "./look-up.js";
import { planStep, type Step } from "./plan.js";
import { digestOf } from "./versions.js";

/** Records of one batch: each is a change set of its own, so that one that fails takes no other back. */
const batchSize = 50;

/**
 * Writes records of one entity set by batches. What was changed meanwhile is found by the ETag that a caller saw, or by comparing with
 * the record as it was read; what is written then is held to the ETag that was there, where the service keeps some.
 *
 * @param find - What an entity's name stands for. @throws {NotFoundError}
 */
export function createRecordWriter(find: (entity: string) => Promise<Target>): RecordWriter {
  return {
    batchSize,
    baseOf: digestOf,
    async write(entity, records, { policy, signal }) {
      const target = await find(entity);
      const found = await lookUp(target, records, { policy, signal });
      const steps = records.map((record, index) =>
        planStep(target, record, policy, found[index] ?? { looked: false, key: undefined }),
      );
      const results = await send(target, steps, signal);
      return steps.map((step, index) => {
        const [record, result] = [records[index], results.get(step)];
        if ("outcome" in step) return step.outcome;
        if (record === undefined || result === undefined) throw new TypeError("Each step has a record and a result.");
        return toOutcome(target, record, step, result, policy);
      });
    },
  };
}

type Sent = Extract<Step, { readonly means: unknown }>;

/** All of them in one request. @throws {ConnectorError} what shows that nothing was done. */
async function send(
  { service }: Target,
  steps: readonly Step[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Step, BatchResult>> {
  const sent = steps.filter((step): step is Sent => "call" in step);
  if (sent.length === 0) return new Map();
  try {
    const results: readonly (readonly BatchResult[])[] = await service.batch(
      sent.map(({ call }) => changeset(call)),
      { signal },
    );
    return new Map(sent.flatMap((step, index) => (results[index] ?? []).map((result) => [step, result] as const)));
  } catch (error) {
    if (!isConnectorError(error) || error.code !== "OUTCOME_UNKNOWN") throw error;
    return new Map(sent.map((step) => [step, { ok: false, error }]));
  }
}

function toOutcome(
  { words, set }: Target,
  { externalId, deleted, attempted }: RecordWrite,
  { means, id, isTraceable }: Sent,
  result: BatchResult,
  policy: ConflictPolicy,
): RecordOutcome {
  const known = id === undefined ? {} : { id };
  if (result.ok) {
    const { record } = result.value as Partial<ODataWritten>;
    const made = id ?? (record && idOf({ parts: words, set }, record));
    return { outcome: means, ...(made !== undefined && { id: made }) };
  }
  const { error } = result;
  const code = codeOf(error);
  // The next try looks what became of it.
  if (code === "OUTCOME_UNKNOWN" && isTraceable) return { outcome: "again", attempted: true, error };
  if (code === "NOT_FOUND" && deleted && (attempted || policy === "ours")) return { outcome: "deleted", ...known };
  const isTheirs = error.vendor?.status === 412 || (means !== "created" && code === "NOT_FOUND");
  const isTaken = means === "created" && externalId !== undefined && code === "CONFLICT";
  if (policy !== "ours" && (isTheirs || isTaken)) return outcomeOfConflict(policy, id);
  return outcomeOfFailure(error, id);
}

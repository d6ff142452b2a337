import { createHash } from "node:crypto";
import {
  ConflictError,
  type ConnectorError,
  codeOf,
  isConnectorError,
  OutcomeUnknownError,
  outcomeOfConflict,
  outcomeOfFailure,
  type RecordOutcome,
  type RecordWrite,
  type RecordWriteCall,
  type RecordWriter,
} from "@isthmus/core";
import { type BatchResult, batchSize } from "../batch.js";
import { type EntityTraits, traitsOf } from "../entities/traits.js";
import type { QuickbooksConnector } from "../quickbooks-connector.js";
import { lookUp } from "./look-up.js";
import { assertSendable, firstToken, type PlannedItem, planItem } from "./plan-item.js";

/** How often a change that overwrites meets another one before it gives up. */
const mostRounds = 4;

/**
 * Writes records of one entity by batches with a `requestid`: sent again after a crash, one is answered item by item by what
 * was done the first time. What was changed meanwhile is told by QuickBooks itself, which compares SyncTokens.
 */
export function createRecordWriter(connector: QuickbooksConnector): RecordWriter {
  return {
    batchSize,
    baseOf: ({ SyncToken }) => (typeof SyncToken === "string" ? SyncToken : undefined),
    async write(entity, records, call) {
      const traits = traitsOf(entity);
      const outcomes = new Map<RecordWrite, RecordOutcome>();
      for (const record of records) {
        try {
          assertSendable(traits, record);
        } catch (error) {
          outcomes.set(record, outcomeOfFailure(error, record.id));
        }
      }
      await writeRounds(
        connector,
        traits,
        records.filter((record) => !outcomes.has(record)),
        call,
        outcomes,
      );
      return records.map((record) => {
        const outcome = outcomes.get(record);
        if (outcome === undefined) throw new TypeError("Each record has an outcome.");
        return outcome;
      });
    },
  };
}

/** Fills in the outcomes. Under `ours`, what was changed between reading and writing it is read and written again. */
async function writeRounds(
  connector: QuickbooksConnector,
  traits: EntityTraits,
  records: readonly RecordWrite[],
  call: RecordWriteCall,
  outcomes: Map<RecordWrite, RecordOutcome>,
): Promise<void> {
  // What it fails with is thrown: nothing is written yet.
  let found = await lookUp(connector, traits, records, call);
  let open = records;
  for (let round = 1; open.length > 0; round += 1) {
    const stale: RecordWrite[] = [];
    try {
      if (round > 1) found = await lookUp(connector, traits, open, call);
      const plans = open.map((record) => planItem(traits, record, call.policy, found(record)));
      const options = { idempotencyKey: keyOf(open, round), signal: call.signal };
      const results = await connector.batch(
        plans.map(({ item }) => item),
        options,
      );
      for (const [index, record] of open.entries()) {
        const [plan, result] = [plans[index], results[index]];
        if (plan === undefined || result === undefined) throw new TypeError("Each record has a plan and a result.");
        if (call.policy === "ours" && isStale(result) && round < mostRounds) stale.push(record);
        else outcomes.set(record, toOutcome(record, plan, result, call));
      }
    } catch (error) {
      if (!isConnectorError(error)) throw error;
      // A batch that may have arrived is sent again with its key.
      for (const record of open) {
        const again = { outcome: "again", attempted: true, error } as const;
        outcomes.set(record, error.retryable ? again : outcomeOfFailure(error, record.id));
      }
    }
    open = stale;
  }
}

/** The same for the same records, and never that of others. */
function keyOf(records: readonly RecordWrite[], round: number): string {
  const hash = createHash("sha256").update(JSON.stringify(records.map(({ key }) => key)));
  return `records:write#${round}#${hash.digest("base64url")}`;
}

function isStale(result: BatchResult): boolean {
  return !result.ok && codeOf(result.error) === "CONFLICT" && result.error.vendor?.code === "5010";
}

function toOutcome(
  { externalId, attempted, deleted }: RecordWrite,
  { means, id }: PlannedItem,
  result: BatchResult,
  { policy }: RecordWriteCall,
): RecordOutcome {
  const known = id === undefined ? {} : { id };
  if (result.ok && "record" in result) {
    const { Id, SyncToken } = result.record;
    const named = typeof Id === "string" ? { id: Id } : known;
    if (deleted) return { outcome: "deleted", ...named };
    // Of a batch that was sent again: the first time it was new.
    return { outcome: means === "created" || SyncToken === firstToken ? "created" : "updated", ...named };
  }
  if (typeof means === "object") {
    if (means.none === "ambiguous") {
      const message = `Several records have this ${externalId?.field}. Name the one that is meant by its id.`;
      return outcomeOfFailure(new ConflictError(message));
    }
    if (deleted && id === undefined) return { outcome: "deleted" };
    return outcomeOfConflict(policy, id);
  }
  if (result.ok) return outcomeOfFailure(lookItUp(), id);
  const { error } = result;
  if (error.code === "UNEXPECTED_RESPONSE") return { outcome: "unknown", ...known, error: lookItUp(error) };
  if (error.code === "NOT_FOUND" && deleted && (attempted || policy === "ours"))
    return { outcome: "deleted", ...known };
  const isTheirs =
    error.code === "NOT_FOUND" || isStale(result) || (externalId !== undefined && error.code === "CONFLICT");
  if (policy !== "ours" && isTheirs && (id !== undefined || externalId !== undefined))
    return outcomeOfConflict(policy, id);
  // Intuit has answered: asked again with the same key, it would say the same.
  if (error.retryable) return { outcome: "failed", ...known, error };
  return outcomeOfFailure(error, id);
}

function lookItUp(cause?: ConnectorError): OutcomeUnknownError {
  return new OutcomeUnknownError("QuickBooks' answer does not tell what became of this record.", {
    reconcile: "Look the record up in QuickBooks.",
    ...(cause && { cause }),
  });
}

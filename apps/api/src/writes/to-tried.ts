import { ConnectorError, type RecordOutcome } from "@isthmus/core";
import { z } from "zod";
import type { TakenWrite, TriedWrite } from "../repositories/index.js";
import { describeTrouble } from "../runs/run-troubles.js";

/** Tries of one record that decide nothing while others of its batch are decided, or it is alone. With pauses, about 25 minutes. */
const mostTries = 12;

const error = z.instanceof(Error);
const id = z.string().optional();
const outcomeSchema = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.enum(["created", "updated", "deleted", "unchanged", "kept", "conflict"]), id }),
  z.object({ outcome: z.enum(["failed", "unknown"]), id, error }),
  z.object({ outcome: z.literal("again"), attempted: z.boolean(), error }),
]);

/** What a batch came to. */
export interface TriedBatch {
  readonly tried: readonly TriedWrite[];
  /** Records that are decided, and those of them that the vendor does not have as they were to be. */
  readonly processed: number;
  readonly failed: number;
  /** Why some of them are to be tried again; `undefined` = none is. */
  readonly postponed: unknown;
}

/**
 * What a connector says of a batch, as it is stored.
 *
 * @throws {ConnectorError} `INTERNAL` when it does not say something of each record.
 */
export function toTried(taken: readonly TakenWrite[], outcomes: readonly RecordOutcome[]): TriedBatch {
  const proven = z.array(outcomeSchema).length(taken.length).safeParse(outcomes);
  if (!proven.success) {
    throw new ConnectorError(
      "INTERNAL",
      "What the connector package says of the records is not what the contract says.",
    );
  }
  const undecided = proven.data.filter(({ outcome }) => outcome === "again").length;
  // A vendor that does nothing for any of several records is away, and that is no record's fault.
  const isAway = undecided === taken.length && undecided > 1;
  const tried = taken.map((write, index) => toStored(write, proven.data[index], isAway));
  const decided = tried.filter(({ outcome }) => outcome !== null);
  const postponed = proven.data.find((each) => each.outcome === "again");
  return {
    tried,
    processed: decided.length,
    failed: decided.filter(({ outcome }) => outcome !== null && failures.has(outcome)).length,
    postponed: decided.length < tried.length && postponed?.outcome === "again" ? postponed.error : undefined,
  };
}

const failures: ReadonlySet<string> = new Set(["conflict", "failed", "unknown"]);

function toStored(
  { position, tries }: TakenWrite,
  found: z.output<typeof outcomeSchema> | undefined,
  isAway: boolean,
): TriedWrite {
  if (found === undefined) throw new TypeError("There is an outcome for each record.");
  const nothing = { position, reached: false, tries, recordId: null, error: null };
  if (found.outcome !== "again") {
    const { outcome, id: recordId = null } = found;
    return { ...nothing, outcome, recordId, error: "error" in found ? describeTrouble(found.error) : null };
  }
  const told = { ...nothing, reached: found.attempted, error: describeTrouble(found.error) };
  if (isAway) return { ...told, outcome: null };
  if (tries + 1 < mostTries) return { ...told, outcome: null, tries: tries + 1 };
  return { ...told, outcome: found.attempted ? "unknown" : "failed" };
}

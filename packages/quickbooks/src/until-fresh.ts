import { ConnectorError, codeOf } from "@isthmus/core";
import type { WriteOptions } from "./write-once.js";

/** How often a change meets another one before it gives up. */
const mostRounds = 4;

/**
 * Reads and writes again as long as the record was changed in between (5010).
 *
 * @param tryOnce - Gets the options for its round: each round sends something else, and under one key Intuit would answer it
 *   with the refusal of the round before.
 */
export async function untilFresh<Result>(
  options: WriteOptions,
  tryOnce: (options: WriteOptions, round: number) => Promise<Result>,
): Promise<Result> {
  for (let round = 1; ; round += 1) {
    try {
      return await tryOnce(optionsOfRound(options, round), round);
    } catch (error) {
      if (!isStale(error) || round === mostRounds) throw error;
    }
  }
}

function optionsOfRound(options: WriteOptions, round: number): WriteOptions {
  const { idempotencyKey } = options;
  if (idempotencyKey === undefined || round === 1) return options;
  return { ...options, idempotencyKey: `${idempotencyKey}#${round}` };
}

function isStale(error: unknown): boolean {
  return codeOf(error) === "CONFLICT" && error instanceof ConnectorError && error.vendor?.code === "5010";
}

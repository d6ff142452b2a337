import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Choices } from "../faults/support/choices.js";
import type { Answer, ApiClient } from "../support/api-client.js";
import type { MortalDatabase } from "./mortal-database.js";
import { cutAfterwards, cutBefore, type OrdersVendor, refuseWith } from "./orders-vendor.js";

/** What a round works with. */
export interface RoundBench {
  readonly mortal: MortalDatabase;
  readonly vendor: OrdersVendor;
  /** Of the process that may die. */
  readonly dying: ApiClient;
  /** Of a process that nothing befalls. */
  readonly steady: ApiClient;
  readonly connectorId: string;
  /** API keys of this name. */
  countKeys(name: string): Promise<number>;
  /** Lets every lease run out, as time would. */
  endLeases(): Promise<void>;
}

/** Kinds of requests, by what they are and how often their effect is there. */
const subjects = ["orders.create", "orders.createOnce", "orders.put", "api-keys"] as const;
const failures = ["none", "none", "none", "cut before", "cut after", 429, 503, 422] as const;

/**
 * Sends one request again and again, while its process dies and the vendor fails at any point, and then once more in peace.
 * However that went: it has had one effect at the most, and whoever was told of a success gets the same one again.
 *
 * @returns how it ended: `success`, or the code of the problem.
 */
export async function playRound(bench: RoundBench, choices: Choices): Promise<string> {
  const { mortal, vendor, dying, steady } = bench;
  const subject = choices.pick(subjects);
  const key = randomUUID();
  const send = (api: ApiClient): Promise<Answer> => {
    const headers = { "idempotency-key": key };
    if (subject !== "api-keys") return api.run(bench.connectorId, subject, { what: key }, headers);
    return api.post("/v1/api-keys", { name: key }, headers);
  };
  vendor.clear();
  const answers: Answer[] = [];
  const tries = 1 + choices.below(4);
  for (let turn = 0; turn < tries; turn += 1) {
    const failure = choices.pick(failures);
    if (failure === "cut before") vendor.next(cutBefore);
    else if (failure === "cut after") vendor.next(cutAfterwards);
    else if (failure !== "none") vendor.next(refuseWith(failure));
    // Somewhere in the units of work that a request has, or behind them.
    if (choices.below(4) > 0) mortal.dieAt(choices.below(12), choices.below(2) === 0);
    const both = choices.below(4) === 0;
    answers.push(...(await Promise.all([send(dying), ...(both ? [send(steady)] : [])])));
    mortal.revive();
    vendor.forgive();
    if (choices.below(2) === 0) await bench.endLeases();
  }
  await bench.endLeases();
  const last = await send(steady);
  const again = await send(steady);
  const told = answers.filter(({ status }) => status < 300);
  const effects = subject === "api-keys" ? await bench.countKeys(key) : vendor.orders.length;
  expect(effects, `${subject} ${last.text}`).toBeLessThanOrEqual(1);
  expect([again.status, again.body.code, again.body.id]).toEqual([last.status, last.body.code, last.body.id]);
  if (last.status < 300) expect(effects).toBe(1);
  for (const { body } of told) {
    expect(effects).toBe(1);
    if (last.status < 300) expect(body.id).toBe(last.body.id);
  }
  // What may be done again is done in the end, unless the vendor has refused it for good.
  if (subject === "orders.createOnce" || subject === "orders.put") {
    expect([200, 422], last.text).toContain(last.status);
  }
  return last.status < 300 ? "success" : String(last.body.code);
}

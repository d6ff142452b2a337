import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  defineBulkOperation,
  defineOperation,
  type LongRun,
  type Operation,
  runOperation,
} from "../../src/contract/index.js";
import { RateLimitError, TransientError, VendorError } from "../../src/errors/index.js";
import { openConnectorBench, type PlainConnector } from "../support/connector-bench.js";
import { eventually } from "../support/manual-clock.js";
import { failureOf } from "../support/oauth-bench.js";

const stateSchema = z.strictObject({ jobId: z.string(), looks: z.int() });
type State = z.output<typeof stateSchema>;
type Load = LongRun<PlainConnector, { readonly rows: number }, State, { readonly loaded: number }>;

/** A load that needs two looks, ten seconds apart; what was called is written down. */
function openLoad(changes: Partial<Load> = {}) {
  const calls: string[] = [];
  const longRun: Load = {
    state: stateSchema,
    start: async (_connector, _input, { checkpoint }) => {
      calls.push("start");
      await checkpoint({ jobId: "job-1", looks: 0 });
      return { jobId: "job-1", looks: 0 };
    },
    advance: async (_connector, { jobId, looks }) => {
      calls.push(`advance ${looks}`);
      const progress = { processed: looks * 10, failed: 0, total: 10 };
      if (looks === 1) return { done: true, progress, output: { loaded: 10 } };
      return { done: false, state: { jobId, looks: looks + 1 }, progress, waitMs: 10_000 };
    },
    cancel: async (_connector, { jobId }) => void calls.push(`cancel ${jobId}`),
    ...changes,
  };
  const operation = defineBulkOperation({
    name: "rows.load",
    summary: "Loads rows.",
    idempotent: false,
    input: z.strictObject({ rows: z.int() }),
    output: z.strictObject({ loaded: z.int() }),
    longRun,
  });
  return { operation, calls };
}

const never = new AbortController().signal;

/** An `advance` that fails so often before it does what the load does. */
function failingLooks(...failures: Error[]): Partial<Load> {
  return {
    advance: async (_connector, state) => {
      const failure = failures.shift();
      if (failure) throw failure;
      return { done: true, progress: { processed: 10, failed: 0 }, output: { loaded: state.looks } };
    },
  };
}

describe("defineBulkOperation", () => {
  it("makes an operation of kind bulk that runs until the work is done, waiting between two looks as it was told", async () => {
    await using bench = await openConnectorBench();
    const { operation, calls } = openLoad();
    const beganMs = bench.clock.now();
    const running = runOperation(bench.connector, operation, { rows: 10 }, { signal: never });
    expect(await bench.clock.drive(running)).toEqual({ loaded: 10 });
    expect(operation.kind).toBe("bulk");
    expect(calls).toEqual(["start", "advance 0", "advance 1"]);
    expect(bench.clock.now() - beganMs).toBe(10_000);
  });

  it("looks again after failures that pass, as late as the vendor asks for", async () => {
    await using bench = await openConnectorBench();
    const away = new TransientError("VENDOR_UNAVAILABLE", "Away.");
    const { operation } = openLoad(failingLooks(away, new RateLimitError("Slower.", { retryAfterMs: 45_000 })));
    const beganMs = bench.clock.now();
    const running = runOperation(bench.connector, operation, { rows: 10 }, { signal: never });
    expect(await bench.clock.drive(running)).toEqual({ loaded: 0 });
    expect(bench.clock.now() - beganMs).toBe(1_000 + 45_000);
  });

  it("waits a day at most, whatever the vendor names", async () => {
    await using bench = await openConnectorBench();
    const { operation } = openLoad(failingLooks(new RateLimitError("Slower.", { retryAfterMs: 1e15 })));
    const beganMs = bench.clock.now();
    await bench.clock.drive(runOperation(bench.connector, operation, { rows: 10 }, { signal: never }));
    expect(bench.clock.now() - beganMs).toBe(86_400_000);
  });

  it("throws what does not pass, and lets the work at the vendor be", async () => {
    await using bench = await openConnectorBench();
    const refused = new VendorError("No.", { vendor: { code: "INVALID_JOB" } });
    const { operation, calls } = openLoad(failingLooks(refused));
    const running = runOperation(bench.connector, operation, { rows: 10 }, { signal: never });
    expect(await failureOf(bench.clock.drive(running))).toBe(refused);
    expect(calls).toEqual(["start"]);
  });

  it("throws in the end what should have passed and did not", async () => {
    await using bench = await openConnectorBench();
    const away = new TransientError("VENDOR_UNAVAILABLE", "Away.");
    const { operation } = openLoad({ advance: () => Promise.reject(away) });
    const running = runOperation(bench.connector, operation, { rows: 10 }, { signal: never });
    expect(await failureOf(bench.clock.drive(running))).toBe(away);
  });

  it("cancels at the vendor what a failed start has named", async () => {
    await using bench = await openConnectorBench();
    const refused = new VendorError("No.", { vendor: { code: "INVALID_BATCH" } });
    const { operation, calls } = openLoad({
      start: async (_connector, _input, { checkpoint }) => {
        await checkpoint({ jobId: "job-1", looks: 0 });
        throw refused;
      },
    });
    const running = runOperation(bench.connector, operation, { rows: 10 }, { signal: never });
    expect(await failureOf(running)).toBe(refused);
    expect(calls).toEqual(["cancel job-1"]);
  });

  it("cancels at the vendor when the caller's signal ends the waiting", async () => {
    await using bench = await openConnectorBench();
    const ending = new AbortController();
    const { operation, calls } = openLoad();
    const running = runOperation(bench.connector, operation, { rows: 10 }, { signal: ending.signal });
    await eventually(() => bench.clock.sleeping === 1);
    ending.abort();
    expect(await failureOf(running)).toMatchObject({ code: "CANCELLED" });
    expect(calls).toEqual(["start", "advance 0", "cancel job-1"]);
  });

  it("tells that the work may go on when it could not be cancelled", async () => {
    await using bench = await openConnectorBench();
    const ending = new AbortController();
    const { operation } = openLoad({
      cancel: () => Promise.reject(new TransientError("CONNECTION_FAILED", "Not reached.")),
    });
    const running = runOperation(bench.connector, operation, { rows: 10 }, { signal: ending.signal });
    await eventually(() => bench.clock.sleeping === 1);
    ending.abort();
    const failure = await failureOf(running);
    expect(failure).toMatchObject({ code: "CANCELLED", message: expect.stringContaining("CONNECTION_FAILED") });
  });
});

describe("defineOperation", () => {
  const { longRun } = openLoad().operation;
  const plain: Operation<PlainConnector> = {
    name: "rows.load",
    summary: "Loads rows.",
    kind: "bulk",
    idempotent: false,
    input: z.unknown(),
    output: z.unknown(),
    run: async () => undefined,
  };

  it.each<[string, Operation<PlainConnector>]>([
    ["is of kind bulk without a long run", plain],
    ["has a long run and is of another kind", { ...plain, kind: "write", ...(longRun && { longRun }) }],
    [
      "has a long run and streams its items",
      { ...plain, ...(longRun && { longRun }), stream: { item: z.unknown(), async *run() {} } },
    ],
  ])("refuses an operation that %s", (_what, operation) => {
    expect(() => defineOperation(operation)).toThrow(expect.objectContaining({ code: "INVALID_DEFINITION" }));
  });
});

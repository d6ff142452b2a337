import type { ClauseCheck } from "../suite/clause.js";
import { type Session, withSession } from "../suite/session.js";
import { waitUntil } from "../suite/wait-until.js";
import { demand, demandCode, demandEqual } from "../violation.js";

const retryAfterSeconds = 7;
/** Real milliseconds after which a connector gives up in the timeout clauses, and how long the stand-in stays silent. */
const impatienceMs = 400;
const silenceMs = 3_000;

/** Clauses about a vendor that limits, fails, stays silent or breaks off. */
export const resilienceClauses = {
  "rate_limit.retry_after": {
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        const headers = { "retry-after": String(retryAfterSeconds) };
        await session.fail({ on: "read", kind: "status", status: 429, headers });
        const startedMs = session.clock.now();
        await demandReads(session, 2, "a read that was limited once");
        const waitedMs = session.clock.now() - startedMs;
        demand(waitedMs >= retryAfterSeconds * 1000, `It waited ${waitedMs} ms, expected 7000 ms or more.`);
      }),
  },

  "server_error.read_backoff": {
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        await session.fail({ on: "read", kind: "status", status: 503, times: 2 });
        const before = session.clock.sleeps.length;
        await demandReads(session, 3, "a read that failed twice");
        const [first = 0, second = 0] = session.clock.sleeps.slice(before);
        demand(first > 0 && second > first, `It waited ${first} ms, then ${second} ms: the waits have to grow.`);
      }),
  },

  "server_error.read_gives_up": {
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        await session.fail({ on: "read", kind: "status", status: 503, times: 1_000 });
        const reads = await session.requestsDuring("read", async () => {
          const failure = await session.failureOf(() => session.run(session.read), "A read from a broken vendor");
          const error = demandCode(failure, ["VENDOR_UNAVAILABLE", "RATE_LIMITED"], "A read from a broken vendor");
          demand(error.retryable, "A vendor that is away has to be a retryable failure.");
        });
        demand(reads >= 2 && reads <= 10, `A broken vendor was asked ${reads} times, expected 2 to 10.`);
      }),
  },

  "server_error.write_once": {
    requires: ["write"],
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        await session.fail({ on: "write", kind: "status", status: 500, times: 10 });
        const writes = await session.requestsDuring("write", async () => {
          const failure = await session.failureOf(() => session.run(session.write), "A write that fails with 500");
          const error = demandCode(failure, ["OUTCOME_UNKNOWN", "VENDOR_REJECTED"], "A write that fails with 500");
          demand(!error.retryable, "A write whose outcome is open must not be called retryable.");
        });
        demandEqual(writes, 1, "Writes sent when the vendor answers 500");
      }),
  },

  "timeout.read": {
    run: (subject, id) =>
      withSession(
        subject,
        id,
        async (session) => {
          await session.fail({ on: "read", kind: "delay", delayMs: silenceMs, times: 100 });
          const error = await session.failureOf(() => session.run(session.read), "A read without an answer");
          demand(
            demandCode(error, ["TIMEOUT"], "A read without an answer").retryable,
            "A TIMEOUT has to be retryable.",
          );
        },
        { requestTimeoutMs: impatienceMs },
      ),
  },

  "timeout.write": {
    requires: ["write"],
    run: (subject, id) =>
      withSession(
        subject,
        id,
        async (session) => {
          await session.fail({ on: "write", kind: "delay", delayMs: silenceMs, times: 100 });
          await demandUnknownOutcome(session, "A write without an answer");
        },
        { requestTimeoutMs: impatienceMs },
      ),
  },

  "cut.read": {
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        await session.fail({ on: "read", kind: "cut_body" });
        await demandReads(session, 2, "a read whose answer was cut once");
      }),
  },

  "cut.write": {
    requires: ["write"],
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        await session.fail({ on: "write", kind: "cut_body" });
        await demandUnknownOutcome(session, "A write whose answer was cut");
        await session.fail({ on: "write", kind: "cut_after" });
        await demandUnknownOutcome(session, "A write whose connection was closed without an answer");
      }),
  },

  "abort.read": {
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        const before = await session.standIn.count("read");
        await session.fail({ on: "read", kind: "delay", delayMs: silenceMs, times: 100 });
        const caller = new AbortController();
        const read = session.failureOf(() => session.run(session.read, caller.signal), "An aborted read");
        await waitUntil(async () => (await session.standIn.count("read")) > before, "The read");
        caller.abort();
        demandCode(await read, ["CANCELLED"], "A read that the caller aborted while it was under way");
        const late = await session.requestsDuring("read", async () => {
          const work = () => session.run(session.read, AbortSignal.abort());
          demandCode(await session.failureOf(work, "An aborted read"), ["CANCELLED"], "A read aborted beforehand");
        });
        demandEqual(late, 0, "Requests of a read that was aborted beforehand");
      }),
  },
} as const satisfies Record<string, ClauseCheck>;

async function demandReads(session: Session, expected: number, what: string): Promise<void> {
  const reads = await session.requestsDuring("read", () => session.successOf(() => session.run(session.read), what));
  demandEqual(reads, expected, `Requests of ${what}`);
}

async function demandUnknownOutcome(session: Session, what: string): Promise<void> {
  const writes = await session.requestsDuring("write", async () => {
    const failure = await session.failureOf(() => session.run(session.write), what);
    const error = demandCode(failure, ["OUTCOME_UNKNOWN"], what);
    demand(!error.retryable, `${what}: an OUTCOME_UNKNOWN must not be retryable.`);
    demand("reconcile" in error && error.reconcile !== "", `${what}: reconcile does not say how to look it up.`);
  });
  demandEqual(writes, 1, `${what}: requests sent`);
}

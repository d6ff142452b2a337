import { setImmediate as nextTurn } from "node:timers/promises";
import { connectorErrorCodes, isConnectorError } from "@isthmus/core";
import type { Evidence } from "../evidence/evidence.js";
import type { StandInFault } from "../harness.js";
import type { ClauseSubject } from "../suite/clause.js";
import type { ClauseId } from "../suite/contract.js";
import { type Session, withSession } from "../suite/session.js";
import { type UnhandledEvent, watchProcess } from "../suite/watch-process.js";

/** What came of making a connector fail. */
export interface Provocation {
  /** Everything that it threw, oldest first. */
  readonly errors: readonly unknown[];
  /** What nobody handled meanwhile. */
  readonly unhandled: readonly UnhandledEvent[];
}

const provocations = new WeakMap<Evidence, Promise<Provocation>>();

/**
 * Makes a connector fail in every way that a harness allows, once for each suite, so that the clauses about what it says
 * and does in failing have something to look at.
 */
export function provokeFailures(subject: ClauseSubject, id: ClauseId): Promise<Provocation> {
  const { evidence } = subject;
  const known = provocations.get(evidence);
  if (known) return known;
  const provocation = runProvocation(subject, id);
  provocations.set(evidence, provocation);
  return provocation;
}

/** Whether an error is one that callers may see: a ConnectorError with a listed code that is not our own defect. */
export function isProperError(error: unknown): boolean {
  return isConnectorError(error) && connectorErrorCodes.includes(error.code) && error.code !== "INTERNAL";
}

async function runProvocation(subject: ClauseSubject, id: ClauseId): Promise<Provocation> {
  const { evidence, definition, harness } = subject;
  const before = evidence.errors.length;
  const watch = watchProcess();
  try {
    await failRequests(subject, id);
    if (definition.authentication[harness.authenticationMethod]?.oauth) await failRenewals(subject, id);
    if (harness.authenticationMethod === "oauth2_authorization_code") await failAuthorization(subject, id);
    await failEverything(subject, id);
    // A rejection counts as unhandled once the turn in which it happened is over.
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  } finally {
    watch.stop();
  }
  const errors = evidence.errors.slice(before);
  for (const { error } of watch.seen) evidence.addError(id, error);
  return { errors, unhandled: watch.seen };
}

/** Faults that may outlast the request that they are for come last in their session. */
async function failRequests(subject: ClauseSubject, id: ClauseId): Promise<void> {
  const { write } = subject.harness;
  await withSession(subject, id, async (session) => {
    const fail = async (fault: StandInFault, work: () => Promise<unknown>) => {
      await session.fail(fault);
      await attempt(session, work);
    };
    const read = () => session.run(session.read);
    await fail({ on: "read", kind: "status", status: 400 }, read);
    await fail({ on: "read", kind: "status", status: 403 }, read);
    if (write) {
      await fail({ on: "write", kind: "status", status: 400 }, () => session.run(write));
      await fail({ on: "write", kind: "status", status: 500 }, () => session.run(write));
      await fail({ on: "write", kind: "cut_body" }, () => session.run(write));
    }
    await fail({ on: "read", kind: "status", status: 503, times: 50 }, read);
    await session.fail({ on: "revoke", kind: "status", status: 400, times: 50 });
    await attempt(session, async () => session.noteFailure((await session.connector.disconnect()).failure));
  });
  await withSession(subject, id, async (session) => {
    await session.fail({ on: "read", kind: "status", status: 401, times: 2 });
    await attempt(session, () => session.run(session.read));
    await session.fail({ on: "read", kind: "cut_body", times: 50 });
    await attempt(session, () => session.run(session.read));
  });
}

async function failRenewals(subject: ClauseSubject, id: ClauseId): Promise<void> {
  const faults: readonly StandInFault[] = [
    { on: "token", kind: "status", status: 400 },
    { on: "token", kind: "status", status: 503 },
    { on: "token", kind: "cut_body" },
  ];
  for (const fault of faults) {
    await withSession(subject, id, async (session) => {
      await session.grant.expireAccessTokens(session.standIn);
      await session.fail(fault);
      await attempt(session, () => session.run(session.read));
      await attempt(session, () => session.connector.refreshToken());
    });
  }
}

/** A vendor that is away altogether. */
async function failEverything(subject: ClauseSubject, id: ClauseId): Promise<void> {
  await withSession(subject, id, async (session) => {
    await session.fail({ on: "any", kind: "cut_before", times: 10_000 });
    await attempt(session, () => session.connector.connect());
    await attempt(session, async () => {
      const { checks } = await session.connector.testConnection();
      session.noteWords(checks);
    });
  });
}

async function failAuthorization(subject: ClauseSubject, id: ClauseId): Promise<void> {
  await withSession(
    subject,
    id,
    async (session) => {
      await attempt(session, () => session.run(session.read));
      const begun = await session.begin();
      const callbackUrl = await session.approve(begun.authorizationUrl);
      const pending = { ...begun.pending, state: begun.pending.state.split("").reverse().join("") };
      await attempt(session, () => session.connector.handleCallback(callbackUrl, pending));
      await session.fail({ on: "token", kind: "status", status: 400 });
      await attempt(session, () => session.connector.handleCallback(callbackUrl, begun.pending));
    },
    { connected: false },
  );
}

/** Writes down what `work` throws. That it may succeed is no matter here. */
async function attempt(session: Session, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    session.note(error);
  }
}

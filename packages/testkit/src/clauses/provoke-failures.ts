import { connectorErrorCodes, isConnectorError } from "@isthmus/core";
import type { StandInFault } from "../harness.js";
import type { ClauseSubject } from "../suite/clause.js";
import type { ClauseId } from "../suite/contract.js";
import { type Session, withSession } from "../suite/session.js";

const readFaults: readonly StandInFault[] = [
  { on: "read", kind: "status", status: 400 },
  { on: "read", kind: "status", status: 403 },
  { on: "read", kind: "status", status: 401, times: 2 },
  { on: "read", kind: "status", status: 503, times: 50 },
  { on: "read", kind: "cut_body", times: 50 },
  { on: "read", kind: "cut_before", times: 50 },
];

const writeFaults: readonly StandInFault[] = [
  { on: "write", kind: "status", status: 400 },
  { on: "write", kind: "status", status: 500 },
  { on: "write", kind: "cut_body" },
];

const tokenFaults: readonly StandInFault[] = [
  { on: "token", kind: "status", status: 400 },
  { on: "token", kind: "status", status: 503 },
  { on: "token", kind: "cut_body" },
];

/**
 * Makes a connector fail in every way that a harness allows, so that clauses about what it says in doing so have
 * something to look at. @returns the errors that it threw.
 */
export async function provokeFailures(subject: ClauseSubject, id: ClauseId): Promise<readonly unknown[]> {
  const before = subject.evidence.errors.length;
  const { authenticationMethod, write } = subject.harness;
  await provoke(subject, id, readFaults, (session) => session.run(session.read));
  if (write) await provoke(subject, id, writeFaults, (session) => session.run(session.write));
  if (subject.definition.authentication[authenticationMethod]?.oauth) {
    for (const fault of tokenFaults) await failRenewal(subject, id, fault);
    await failDisconnect(subject, id);
  }
  if (authenticationMethod === "oauth2_authorization_code") await failAuthorization(subject, id);
  await withSession(subject, id, async (session) => {
    await session.fail({ on: "any", kind: "cut_before", times: 1_000 });
    await attempt(session, () => session.connector.connect());
    for (const check of (await session.connector.testConnection()).checks) session.note(check);
  });
  return subject.evidence.errors.slice(before).filter((error) => error instanceof Error);
}

/** Whether an error is one that callers may see: a ConnectorError with a listed code that is not our own defect. */
export function isProperError(error: unknown): boolean {
  return isConnectorError(error) && connectorErrorCodes.includes(error.code) && error.code !== "INTERNAL";
}

async function provoke(
  subject: ClauseSubject,
  id: ClauseId,
  faults: readonly StandInFault[],
  work: (session: Session) => Promise<unknown>,
): Promise<void> {
  for (const fault of faults) {
    await withSession(subject, id, async (session) => {
      await session.fail(fault);
      await attempt(session, () => work(session));
    });
  }
}

async function failRenewal(subject: ClauseSubject, id: ClauseId, fault: StandInFault): Promise<void> {
  await withSession(subject, id, async (session) => {
    await session.grant.expireAccessTokens(session.standIn);
    await session.fail(fault);
    await attempt(session, () => session.run(session.read));
    await attempt(session, () => session.connector.refreshToken());
  });
}

async function failDisconnect(subject: ClauseSubject, id: ClauseId): Promise<void> {
  await withSession(subject, id, async (session) => {
    await session.fail({ on: "revoke", kind: "status", status: 400, times: 100 });
    session.noteFailure((await session.connector.disconnect()).failure);
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

import { codeOf, type Logger, OutcomeUnknownError } from "@isthmus/core";
import type { SapSession, SapSessions } from "../http/sap-session.js";
import { type CommittedCall, reconcileWords, refuseCommit, toCommitError } from "./commit-outcome.js";
import type { CallOptions, CallResult, ModuleCaller } from "./module-caller.js";

/**
 * Calls a BAPI and commits its work in the same session. On a failure the work is rolled back. The session ends in any case.
 *
 * @throws {OutcomeUnknownError} when the answer of the BAPI or of the commit was lost.
 * @throws {ConnectorError} `UNSUPPORTED` when the system began no session: nothing was committed.
 */
export async function callInSession(
  caller: ModuleCaller,
  sessions: SapSessions,
  { name, parameters, options }: CommittedCall,
  logger: Logger,
): Promise<CallResult> {
  // Before a session is taken: nobody else gets it while interfaces are read and parameters are found wrong.
  await caller.check(name, parameters, options.signal);
  await Promise.all([commitModule, rollbackModule].map((each) => caller.registry.find(each, options.signal)));
  const session = await sessions.open(options.signal);
  try {
    const result = await callOrRollBack(caller, session, { name, parameters, options }, logger);
    // Whatever was proved once: without a context the commit would find nothing to commit, and say that all is well.
    if (session.contextId() === undefined) throw refuseCommit(name, "the system did not keep its session this time");
    const committed = await commit(caller, session, name, options);
    return { values: result.values, messages: [...result.messages, ...committed.messages] };
  } finally {
    await quietly(session.close(), logger, "The SAP session could not be ended; the system ends it by its timeout.");
  }
}

const commitModule = "BAPI_TRANSACTION_COMMIT";
const rollbackModule = "BAPI_TRANSACTION_ROLLBACK";

/**
 * Failures after which the session is still there to be rolled back. After a refused logon it is not: another request would be
 * a second try, and SAP locks the user.
 */
const answered: ReadonlySet<string> = new Set(["VENDOR_REJECTED", "CONFLICT", "UNEXPECTED_RESPONSE"]);

async function callOrRollBack(
  caller: ModuleCaller,
  { http }: SapSession,
  { name, parameters, options }: CommittedCall,
  logger: Logger,
): Promise<CallResult> {
  try {
    return await caller.call(name, parameters, { ...options, idempotent: false }, { http, place: "first" });
  } catch (error) {
    if (!answered.has(codeOf(error))) throw error;
    const rolledBack = caller.call(rollbackModule, {}, {}, { http, place: "last" });
    await quietly(rolledBack, logger, "The SAP session could not be rolled back; its end does the same.");
    throw error;
  }
}

async function commit(
  caller: ModuleCaller,
  session: SapSession,
  name: string,
  options: CallOptions,
): Promise<CallResult> {
  const { http } = session;
  const reconcile = reconcileWords(name, options);
  const context = session.contextId();
  try {
    // WAIT: the answer comes when the data base has the changes, and says so when it could not take them.
    const signal = options.signal && { signal: options.signal };
    const committed = await caller.call(commitModule, { WAIT: "X" }, { ...signal, reconcile }, { http, place: "last" });
    // It ends by this request; another one in its place is one that knew nothing of the BAPI.
    if (![context, undefined].includes(session.contextId())) throw lostSession(name, reconcile);
    return committed;
  } catch (error) {
    throw toCommitError(error, `the commit of ${name}`, reconcile);
  }
}

function lostSession(name: string, reconcile: string): OutcomeUnknownError {
  return new OutcomeUnknownError(
    `SAP answered the commit of ${name} in another session than that of the call: it has most likely committed nothing.`,
    { reconcile },
  );
}

async function quietly(work: Promise<unknown>, logger: Logger, words: string): Promise<void> {
  try {
    await work;
  } catch (error) {
    logger.warn({ code: codeOf(error) }, words);
  }
}

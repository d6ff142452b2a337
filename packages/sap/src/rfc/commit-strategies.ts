import { ConnectorError, codeOf, isConnectorError, type Logger, OutcomeUnknownError } from "@isthmus/core";
import type { SapSession, SapSessions } from "../http/sap-session.js";
import { callThrough, type GenericCommitWrapper } from "./generic-wrapper.js";
import type { CallOptions, CallResult, ModuleCaller } from "./module-caller.js";
import type { RfcParameters } from "./rfc-types.js";

/**
 * A function module of the system's own that calls a BAPI, looks at what it returned, and commits with WAIT or rolls back, all
 * in the one session that a SOAP request has. Its interface is the BAPI's, RETURN included, but for these differences.
 */
export interface CommitWrapper {
  /** `Z_SALESORDER_CREATE`. */
  readonly name: string;
  /** The BAPI's parameters that have another name there: `{ ORDER_HEADER_IN: "IS_HEADER" }`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** What it is given beside the BAPI's parameters: `{ IV_COMMIT: "X" }`. */
  readonly fixed?: RfcParameters;
}

/** One call whose work has to be committed. */
export interface CommittedCall {
  readonly name: string;
  readonly parameters: RfcParameters;
  readonly options: CallOptions;
}

/**
 * Calls a BAPI and commits its work in the same session. On a failure the work is rolled back. The session ends in any case.
 *
 * @throws {OutcomeUnknownError} when the answer of the BAPI or of the commit was lost.
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
    const committed = await commit(caller, session, name, options);
    return { values: result.values, messages: [...result.messages, ...committed.messages] };
  } finally {
    await quietly(session.close(), logger, "The SAP session could not be ended; the system ends it by its timeout.");
  }
}

/** Calls the wrapper of a BAPI, which commits by itself. */
export async function callWrapper(
  caller: ModuleCaller,
  wrapper: CommitWrapper,
  { name, parameters, options }: CommittedCall,
): Promise<CallResult> {
  const there = wrapper.parameters ?? {};
  const back = new Map(Object.entries(there).map(([ours, theirs]) => [theirs, ours]));
  const given = {
    ...renameKeys(parameters, (key) => (Object.hasOwn(there, key) ? there[key] : key)),
    ...wrapper.fixed,
  };
  const reconcile = reconcileWords(name, options);
  if (!(await caller.returnsMessages(wrapper.name, options.signal))) {
    const words = `The wrapper ${wrapper.name} has no RETURN, so nobody could tell whether it committed. Give it one.`;
    throw new ConnectorError("UNSUPPORTED", words);
  }
  try {
    const result = await caller.call(wrapper.name, given, { ...options, idempotent: false, reconcile });
    return { ...result, values: renameKeys(result.values, (key) => back.get(key) ?? key) };
  } catch (error) {
    throw toCommitError(error, `${name} in ${wrapper.name}`, reconcile);
  }
}

/** Calls a BAPI through a wrapper for all of them, which commits by itself. */
export async function callGenericWrapper(
  caller: ModuleCaller,
  wrapper: GenericCommitWrapper,
  call: CommittedCall,
): Promise<CallResult> {
  const reconcile = reconcileWords(call.name, call.options);
  await caller.check(call.name, call.parameters, call.options.signal);
  try {
    return await callThrough(caller, wrapper, { ...call, options: { ...call.options, reconcile } });
  } catch (error) {
    throw toCommitError(error, `${call.name} in ${wrapper.name}`, reconcile);
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
  { http }: SapSession,
  name: string,
  options: CallOptions,
): Promise<CallResult> {
  const reconcile = reconcileWords(name, options);
  try {
    // WAIT: the answer comes when the data base has the changes, and says so when it could not take them.
    const signal = options.signal && { signal: options.signal };
    return await caller.call(commitModule, { WAIT: "X" }, { ...signal, reconcile }, { http, place: "last" });
  } catch (error) {
    throw toCommitError(error, `the commit of ${name}`, reconcile);
  }
}

/** Failures that say for certain that the commit was not done. */
const certain: ReadonlySet<string> = new Set([
  "VALIDATION_FAILED",
  "FORBIDDEN_TARGET",
  "AUTHENTICATION_FAILED",
  "RECONNECT_REQUIRED",
  "PERMISSION_DENIED",
  "RATE_LIMITED",
  "CONNECTION_FAILED",
  "CANCELLED",
  "OUTCOME_UNKNOWN",
]);

/**
 * A commit that failed is not a commit that did nothing, unless the failure says so: by its kind, in RETURN, or as a fault of
 * the module's own. A dump or a lost connection may come after the work.
 */
function toCommitError(error: unknown, what: string, reconcile: string): unknown {
  if (!isConnectorError(error) || certain.has(error.code)) return error;
  const { messages, code = "RFC_ERROR" } = error.vendor ?? {};
  if (messages || (error.code === "VENDOR_REJECTED" && !code.startsWith("RFC_ERROR"))) return error;
  const message = `SAP's answer does not tell whether ${what} was done (${error.code}). It must not be sent again blindly.`;
  return new OutcomeUnknownError(message, { cause: error, reconcile, ...(error.vendor && { vendor: error.vendor }) });
}

function reconcileWords(name: string, { reconcile }: CallOptions): string {
  return reconcile ?? `Look in SAP for what ${name} would have created or changed, by its business key.`;
}

async function quietly(work: Promise<unknown>, logger: Logger, words: string): Promise<void> {
  try {
    await work;
  } catch (error) {
    logger.warn({ code: codeOf(error) }, words);
  }
}

function renameKeys<Value>(
  record: Readonly<Record<string, Value>>,
  rename: (key: string) => string | undefined,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [rename(key) ?? key, value]));
}

/** Why a commit is not possible, and what would make it so. */
export function refuseCommit(name: string, missing: string): ConnectorError {
  const advice =
    'Either have the system prove that it keeps sessions (proveStatefulSessions) and set statefulSessions to "proven", or ' +
    "configure a wrapper module that calls and commits.";
  return new ConnectorError("UNSUPPORTED", `The work of ${name} could not be committed: ${missing}. ${advice}`);
}

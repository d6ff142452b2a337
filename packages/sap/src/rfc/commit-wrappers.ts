import { ConnectorError } from "@isthmus/core";
import { type CommittedCall, reconcileWords, toCommitError } from "./commit-outcome.js";
import { callThrough, type GenericCommitWrapper } from "./generic-wrapper.js";
import type { CallResult, ModuleCaller } from "./module-caller.js";
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
  // Before anything is sent: a failure here leaves no doubt.
  await caller.check(call.name, call.parameters, call.options.signal);
  await caller.registry.find(wrapper.name, call.options.signal);
  try {
    return await callThrough(caller, wrapper, { ...call, options: { ...call.options, reconcile } });
  } catch (error) {
    throw toCommitError(error, `${call.name} in ${wrapper.name}`, reconcile);
  }
}

function renameKeys<Value>(
  record: Readonly<Record<string, Value>>,
  rename: (key: string) => string | undefined,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [rename(key) ?? key, value]));
}

import { type Logger, silentLogger } from "@isthmus/core";
import type { SapSessions } from "../http/sap-session.js";
import { callInSession } from "./commit-in-session.js";
import { type CommittedCall, refuseCommit } from "./commit-outcome.js";
import { type CommitWrapper, callGenericWrapper, callWrapper } from "./commit-wrappers.js";
import type { GenericCommitWrapper } from "./generic-wrapper.js";
import { ModuleAllowList } from "./module-allow-list.js";
import { type CallOptions, type CallResult, ModuleCaller, type ModuleCallerParts } from "./module-caller.js";
import {
  proveStatefulSessions,
  type StatefulSessionProbe,
  type StatefulSessionProof,
} from "./prove-stateful-sessions.js";
import type { FunctionInterface, RfcParameters } from "./rfc-types.js";

/** What the function modules of one connector are made of. */
export interface FunctionModulesParts extends ModuleCallerParts {
  /** Exact names, or a beginning and a star: `BAPI_SALESORDER_GETLIST`, `Z_*`. */
  readonly allowed: readonly string[];
  /** Where sessions for `commit: "session"` come from. */
  readonly sessions?: SapSessions;
  /** Whether {@link FunctionModules.proveStatefulSessions} was seen to succeed at this system. Default `unproven`. */
  readonly statefulSessions?: "proven" | "unproven";
  /** Modules that call a BAPI and commit, by the BAPI's name. */
  readonly wrappers?: Readonly<Record<string, CommitWrapper>>;
  /** A module that calls any BAPI and commits, for those that have no wrapper of their own. */
  readonly genericWrapper?: GenericCommitWrapper;
  /** Default: silent. */
  readonly logger?: Logger;
}

/**
 * Who commits what a module changed.
 *
 * - `none`: nobody. For what only reads, and for modules that commit by themselves. What a BAPI changed is lost.
 * - `session`: BAPI_TRANSACTION_COMMIT in the same session; only where the system has proved that it keeps sessions.
 * - `wrapper`: the configured wrapper module.
 * - `auto`: `session` where that is proven, otherwise `wrapper`.
 */
export type CommitMode = "none" | "session" | "wrapper" | "auto";

/** How a module is called, and who commits. */
export interface ModuleCallOptions extends CallOptions {
  /** Default `none`. */
  readonly commit?: CommitMode;
}

/** Calls function modules over SOAP RFC, by the interface in their WSDL. */
export class FunctionModules {
  readonly #parts: FunctionModulesParts;
  readonly #allowed: ModuleAllowList;
  readonly #caller: ModuleCaller;

  /** @throws {ValidationError} when the list of allowed modules cannot be read. */
  constructor(parts: FunctionModulesParts) {
    this.#parts = parts;
    this.#allowed = new ModuleAllowList(parts.allowed);
    this.#caller = new ModuleCaller(parts);
  }

  /** The interface of a module: its parameters and their types. */
  async describe(name: string, signal?: AbortSignal): Promise<FunctionInterface> {
    this.#allowed.assertCallable(name);
    return (await this.#caller.registry.find(name, signal)).interface;
  }

  /**
   * Calls a module.
   *
   * @param parameters - By ABAP names: `{ QUERY_TABLE: "T000", FIELDS: [{ FIELDNAME: "MANDT" }] }`.
   * @throws {ValidationError} when the module is not allowed or a parameter does not fit; nothing was sent.
   * @throws {ConnectorError} `UNSUPPORTED` when its work could not be committed as asked; nothing was sent.
   * @throws {VendorError} when it returned an error or raised an exception; its work was rolled back.
   * @throws {ConflictError} retryable, when something is locked.
   * @throws {OutcomeUnknownError} when an answer was lost and the call was not declared to be idempotent.
   */
  async call(name: string, parameters: RfcParameters = {}, options: ModuleCallOptions = {}): Promise<CallResult> {
    this.#allowed.assertCallable(name);
    const { commit = "none", ...rest } = options;
    const call = { name, parameters, options: rest };
    switch (this.#choose(commit, name)) {
      case "session":
        return this.#callInSession(call);
      case "wrapper":
        return this.#callWrapper(call);
      default:
        return this.#caller.call(name, parameters, rest);
    }
  }

  /**
   * Tries whether the system keeps a session over several requests; see {@link StatefulSessionProbe}.
   *
   * @throws {ValidationError} when a module of the probe is not allowed; whatever says nothing of sessions.
   */
  async proveStatefulSessions(probe: StatefulSessionProbe, signal?: AbortSignal): Promise<StatefulSessionProof> {
    for (const { name } of [probe.write, probe.read]) this.#allowed.assertCallable(name);
    const { sessions, logger = silentLogger } = this.#parts;
    if (!sessions) throw refuseCommit(probe.write.name, "this connector has no sessions");
    return proveStatefulSessions(this.#caller, sessions, probe, logger, signal);
  }

  #choose(commit: CommitMode, name: string): Exclude<CommitMode, "auto"> {
    if (commit !== "auto") return commit;
    if (this.#isProven) return "session";
    if (this.#wrapperOf(name) || this.#parts.genericWrapper) return "wrapper";
    throw refuseCommit(name, "the system has not proved that it keeps sessions, and no wrapper is configured for it");
  }

  get #isProven(): boolean {
    return this.#parts.statefulSessions === "proven" && this.#parts.sessions !== undefined;
  }

  #wrapperOf(name: string): CommitWrapper | undefined {
    const { wrappers = {} } = this.#parts;
    return Object.hasOwn(wrappers, name) ? wrappers[name] : undefined;
  }

  #callInSession(call: CommittedCall): Promise<CallResult> {
    const { sessions, logger = silentLogger } = this.#parts;
    if (!this.#isProven || !sessions) {
      throw refuseCommit(call.name, "the system has not proved that it keeps sessions");
    }
    return callInSession(this.#caller, sessions, call, logger);
  }

  #callWrapper(call: CommittedCall): Promise<CallResult> {
    const wrapper = this.#wrapperOf(call.name);
    if (wrapper) return callWrapper(this.#caller, wrapper, call);
    const { genericWrapper } = this.#parts;
    if (genericWrapper) return callGenericWrapper(this.#caller, genericWrapper, call);
    throw refuseCommit(call.name, "no wrapper is configured for it");
  }
}

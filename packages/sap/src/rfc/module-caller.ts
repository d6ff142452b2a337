import type { VendorMessage } from "@isthmus/core";
import type { SapHttp } from "../http/sap-http.js";
import { findBapiReturns, readBapiMessages, toBapiError } from "./bapi-return.js";
import { ModuleRegistry, type ModuleRegistryParts } from "./module-registry.js";
import type { RfcParameters, RfcValue } from "./rfc-types.js";
import { defaultSessionQueries, type SessionPlace, type SessionQueries, sendCall } from "./send-call.js";
import { toSoapParameters } from "./to-soap-parameters.js";

/** What calls of one connector are made of. */
export interface ModuleCallerParts extends ModuleRegistryParts {
  /** Where calls go. Default `/sap/bc/soap/rfc`. */
  readonly rfcPath?: string;
  /** Parameters beside those named RETURN in which modules of this system return messages. */
  readonly returnParameters?: readonly string[];
  /** How a session is asked for. Default: as SAP's own clients do. */
  readonly sessionQueries?: SessionQueries;
  /** Codes beside the known ones that say that something is locked, such as `ZMM/017`. */
  readonly lockMessages?: readonly string[];
}

/** How a module is called. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Whether it only reads. Then a lost answer leaves no doubt, and trying again does no harm. Default false. */
  readonly idempotent?: boolean;
  /** How the result of this call can be looked up, in words for a person. */
  readonly reconcile?: string;
}

/** One request of a session. */
export interface SessionStep {
  readonly http: SapHttp;
  readonly place: SessionPlace;
}

/** What a module answered. */
export interface CallResult {
  /** What it exports and changes, and every table, by ABAP names. */
  readonly values: Readonly<Record<string, RfcValue>>;
  /** Warnings, notes and confirmations. Errors are thrown. */
  readonly messages: readonly VendorMessage[];
}

/** Calls any module, once. Which ones may be called, and how their work is committed, is decided above it. */
export class ModuleCaller {
  readonly registry: ModuleRegistry;
  readonly #parts: ModuleCallerParts;

  constructor(parts: ModuleCallerParts) {
    this.#parts = parts;
    this.registry = new ModuleRegistry(parts);
  }

  /**
   * @throws {ValidationError} when the parameters do not fit the module's interface.
   */
  async check(name: string, parameters: RfcParameters, signal?: AbortSignal): Promise<void> {
    const module = await this.registry.find(name, signal);
    toSoapParameters(parameters, module.interface.input);
  }

  /** Whether a module tells in messages whether it worked. */
  async returnsMessages(name: string, signal?: AbortSignal): Promise<boolean> {
    const module = await this.registry.find(name, signal);
    return findBapiReturns(module.interface.output, this.#parts.returnParameters).length > 0;
  }

  /**
   * @param step - The session in which the call is made. Missing: a session of its own, which ends with the answer.
   * @throws as `FunctionModules.call` says.
   */
  async call(name: string, parameters: RfcParameters, options: CallOptions, step?: SessionStep): Promise<CallResult> {
    const module = await this.registry.find(name, options.signal);
    const { http, rfcPath: path = "/sap/bc/soap/rfc", now, returnParameters, lockMessages } = this.#parts;
    const { sessionQueries = defaultSessionQueries } = this.#parts;
    const values = await sendCall(module, parameters, {
      http: step?.http ?? http,
      path,
      now,
      idempotent: options.idempotent ?? false,
      reconcile: options.reconcile ?? `Look for what ${name} would have changed before calling it again.`,
      ...(step && { sessionQuery: sessionQueries[step.place] }),
      ...(options.signal && { signal: options.signal }),
    });
    const messages = readBapiMessages(values, module.interface.output, returnParameters);
    const error = toBapiError(name, messages, lockMessages);
    if (error) throw error;
    return { values, messages };
  }
}

import type { VendorMessage } from "@isthmus/core";
import { readBapiMessages, toBapiError } from "./bapi-return.js";
import { ModuleAllowList } from "./module-allow-list.js";
import { ModuleRegistry, type ModuleRegistryParts } from "./module-registry.js";
import type { FunctionInterface, RfcParameters, RfcValue } from "./rfc-types.js";
import { sendCall } from "./send-call.js";

/** What the function modules of one connector are made of. */
export interface FunctionModulesParts extends ModuleRegistryParts {
  /** Exact names, or a beginning and a star: `BAPI_SALESORDER_GETLIST`, `Z_*`. */
  readonly allowed: readonly string[];
  /** Where calls go. Default `/sap/bc/soap/rfc`. */
  readonly rfcPath?: string;
  /** Parameters beside those named RETURN in which modules of this system return messages. */
  readonly returnParameters?: readonly string[];
}

/** How a module is called. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Whether it only reads. Then a lost answer leaves no doubt, and trying again does no harm. Default false. */
  readonly idempotent?: boolean;
  /** How the result of this call can be looked up, in words for a person. */
  readonly reconcile?: string;
}

/** What a module answered. */
export interface CallResult {
  /** What it exports and changes, and every table, by ABAP names. */
  readonly values: Readonly<Record<string, RfcValue>>;
  /** Warnings, notes and confirmations. Errors are thrown. */
  readonly messages: readonly VendorMessage[];
}

/** Calls function modules over SOAP RFC, by the interface in their WSDL. */
export class FunctionModules {
  readonly #parts: FunctionModulesParts;
  readonly #allowed: ModuleAllowList;
  readonly #registry: ModuleRegistry;

  constructor(parts: FunctionModulesParts) {
    this.#parts = parts;
    this.#allowed = new ModuleAllowList(parts.allowed);
    this.#registry = new ModuleRegistry(parts);
  }

  /** The interface of a module: its parameters and their types. */
  async describe(name: string, signal?: AbortSignal): Promise<FunctionInterface> {
    this.#allowed.assertCallable(name);
    return (await this.#registry.find(name, signal)).interface;
  }

  /**
   * Calls a module.
   *
   * @param parameters - By ABAP names: `{ QUERY_TABLE: "T000", FIELDS: [{ FIELDNAME: "MANDT" }] }`.
   * @throws {ValidationError} when the module is not allowed or a parameter does not fit; nothing was sent.
   * @throws {VendorError} when it returned an error or raised an exception.
   * @throws {ConflictError} retryable, when something is locked.
   * @throws {OutcomeUnknownError} when the answer was lost and the call was not declared to be idempotent.
   */
  async call(name: string, parameters: RfcParameters = {}, options: CallOptions = {}): Promise<CallResult> {
    this.#allowed.assertCallable(name);
    const module = await this.#registry.find(name, options.signal);
    const { http, rfcPath: path = "/sap/bc/soap/rfc", now, returnParameters } = this.#parts;
    const values = await sendCall(module, parameters, {
      http,
      path,
      now,
      idempotent: options.idempotent ?? false,
      reconcile: options.reconcile ?? `Look for what ${name} would have changed before calling it again.`,
      ...(options.signal && { signal: options.signal }),
    });
    const messages = readBapiMessages(values, module.interface.output, returnParameters);
    const error = toBapiError(name, messages);
    if (error) throw error;
    return { values, messages };
  }
}

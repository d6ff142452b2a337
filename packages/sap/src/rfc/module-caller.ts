import { ConnectorError, type VendorMessage, type XmlElement } from "@isthmus/core";
import type { SapHttp } from "../http/sap-http.js";
import { toXmlName } from "./abap-names.js";
import { findBapiReturns, readBapiMessages, toBapiError } from "./bapi-return.js";
import type { DescribedModule } from "./describe-module.js";
import { ModuleRegistry, type ModuleRegistryParts } from "./module-registry.js";
import { readFields } from "./read-value.js";
import type { RfcParameters, RfcValue } from "./rfc-types.js";
import { defaultSessionQueries, type SessionPlace, type SessionQueries, sendCall } from "./send-call.js";
import { writeEnvelope } from "./strong-soap.js";
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
    const { http, rfcPath: path = "/sap/bc/soap/rfc", now, sessionQueries = defaultSessionQueries } = this.#parts;
    const values = await sendCall(module, parameters, {
      http: step?.http ?? http,
      path,
      now,
      idempotent: options.idempotent ?? false,
      reconcile: options.reconcile ?? `Look for what ${name} would have changed before calling it again.`,
      ...(step && { sessionQuery: sessionQueries[step.place] }),
      ...(options.signal && { signal: options.signal }),
    });
    return this.#judge(module, values);
  }

  /** A call as the SOAP body would hold it: `<urn:BAPI_X xmlns:urn="…">…`. */
  async write(name: string, parameters: RfcParameters, signal?: AbortSignal): Promise<string> {
    const { wsdl, place, interface: own } = await this.registry.find(name, signal);
    const { xml } = writeEnvelope(wsdl, place, toSoapParameters(parameters, own.input));
    return xml.slice(xml.indexOf("<soap:Body>") + "<soap:Body>".length, xml.lastIndexOf("</soap:Body>"));
  }

  /**
   * What a module answered, by the element of the answer.
   * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is another's; the error that its messages mean.
   */
  async read(name: string, answer: XmlElement): Promise<CallResult> {
    const module = await this.registry.find(name);
    const expected = [module.interface.responseName, `${toXmlName(name)}.Response`];
    if (expected.includes(answer.name)) return this.#judge(module, readFields(answer, module.interface.output));
    throw new ConnectorError("UNEXPECTED_RESPONSE", `The answer is not that of ${name}.`);
  }

  #judge({ interface: { name, output } }: DescribedModule, values: CallResult["values"]): CallResult {
    const { returnParameters, lockMessages } = this.#parts;
    const messages = readBapiMessages(values, output, returnParameters);
    const error = toBapiError(name, messages, lockMessages);
    if (error) throw error;
    return { values, messages };
  }
}

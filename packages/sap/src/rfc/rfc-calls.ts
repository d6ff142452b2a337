import type { Logger, OperatorFiles, Transport } from "@isthmus/core";
import type { SapHttp } from "../http/sap-http.js";
import type { SapSessions } from "../http/sap-session.js";
import type { RfcSettings } from "../options/rfc-options.js";
import { FunctionModules, type ModuleCallOptions } from "./function-modules.js";
import type { CallResult } from "./module-caller.js";
import type { StatefulSessionProbe, StatefulSessionProof } from "./prove-stateful-sessions.js";
import { readTable, type TableQuery, type TableRow } from "./read-table.js";
import type { FunctionInterface, RfcParameters } from "./rfc-types.js";

/** What the calls of one connector are made of. */
export interface RfcCallParts {
  readonly settings: RfcSettings;
  readonly http: SapHttp;
  readonly sessions: SapSessions;
  readonly transport: Transport;
  readonly origin: string;
  readonly files: OperatorFiles;
  readonly logger: Logger;
  readonly now: () => number;
}

/** Function modules and BAPIs over SOAP RFC. Only those that the configuration names may be called. */
export class RfcCalls {
  readonly #parts: RfcCallParts;
  #modules: Promise<FunctionModules> | undefined;

  constructor(parts: RfcCallParts) {
    this.#parts = parts;
  }

  /** The interface of a module: its parameters and their types. */
  async describe(name: string, signal?: AbortSignal): Promise<FunctionInterface> {
    return (await this.#open()).describe(name, signal);
  }

  /** Calls a module; see `FunctionModules.call`. */
  async call(name: string, parameters: RfcParameters = {}, options: ModuleCallOptions = {}): Promise<CallResult> {
    return (await this.#open()).call(name, parameters, options);
  }

  /** Rows of a table, where the configuration allows RFC_READ_TABLE; see `readTable`. */
  async readTable(table: string, query: TableQuery, signal?: AbortSignal): Promise<readonly TableRow[]> {
    const modules = await this.#open();
    const options = { idempotent: true, ...(signal && { signal }) };
    return readTable((name, parameters) => modules.call(name, parameters, options), table, query);
  }

  /** Tries whether the system keeps sessions, so that a commit commits; see `FunctionModules.proveStatefulSessions`. */
  async proveStatefulSessions(probe: StatefulSessionProbe, signal?: AbortSignal): Promise<StatefulSessionProof> {
    return (await this.#open()).proveStatefulSessions(probe, signal);
  }

  #open(): Promise<FunctionModules> {
    this.#modules ??= this.#make().catch((error: unknown) => {
      this.#modules = undefined;
      throw error;
    });
    return this.#modules;
  }

  async #make(): Promise<FunctionModules> {
    const { settings, files, ...parts } = this.#parts;
    const {
      path: rfcPath,
      functionModules: allowed,
      wsdlFiles,
      wsdlHosts: _hosts,
      wrappers,
      genericWrapper,
      ...rest
    } = settings;
    const read = Object.entries(wsdlFiles).map(async ([name, file]) => [name, String(await files.read(file))] as const);
    const wsdls = { ...settings.wsdls, ...Object.fromEntries(await Promise.all(read)) };
    return new FunctionModules({
      ...parts,
      ...rest,
      rfcPath,
      allowed,
      wsdls,
      wrappers: Object.fromEntries(Object.entries(wrappers).map(([bapi, wrapper]) => [bapi, withoutGaps(wrapper)])),
      ...(genericWrapper && { genericWrapper: withoutGaps(genericWrapper) }),
    });
  }
}

type WithoutGaps<Value> = { [Key in keyof Value]: Exclude<Value[Key], undefined> };

/** What is `undefined` by the schema is missing by the type. */
function withoutGaps<Value extends object>(value: Value): WithoutGaps<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as WithoutGaps<Value>;
}

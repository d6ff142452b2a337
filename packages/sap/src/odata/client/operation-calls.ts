import { ConnectorError, ValidationError } from "@isthmus/core";
import { isObject } from "../../wire-values.js";
import type { ODataOperation } from "../model.js";
import { findEntitySet } from "../model-lookup.js";
import { headerOf, type ODataAnswer, readContent, readControl, unexpected } from "./answer.js";
import type { ODataCall } from "./call.js";
import type { ODataKey, ODataRecord, TypedValue } from "./codec.js";
import { type IfMatch, ifMatchHeader } from "./conditions.js";
import { readMessages } from "./messages.js";
import { resolveLink } from "./paging.js";
import type { ODataParts } from "./parts.js";
import { withQuery } from "./record-calls.js";
import type { ODataOutcome } from "./results.js";

/** What a function or action is called for. */
export interface OperationOptions {
  /** What it is bound to: a record, or without `key` the whole set. Missing: an import of the service. */
  readonly on?: { readonly set: string; readonly key?: ODataKey };
  /** Version that the record has to have. */
  readonly ifMatch?: IfMatch;
}

/** A page of what an operation gave. */
export interface OutcomePage extends ODataOutcome {
  /** More of a list. */
  readonly next?: string;
}

type Parameters = Readonly<Record<string, unknown>>;

/** Builds the calls of function imports (v2), functions and actions (v4). */
export class OperationCalls {
  readonly #parts: ODataParts;

  constructor(parts: ODataParts) {
    this.#parts = parts;
  }

  /**
   * Calls it by its name; a bound one also by its name without the namespace.
   *
   * @throws {ValidationError} when the service has none that takes these parameters.
   */
  invoke(name: string, parameters: Parameters = {}, options: OperationOptions = {}): ODataCall<OutcomePage> {
    const operation = this.#find(name, parameters, options);
    const { path, body } = this.#address(operation, parameters, options);
    const { method } = operation;
    const changes = method !== "GET";
    return {
      name: operation.name,
      method,
      path,
      headers: {
        ...ifMatchHeader(options.ifMatch),
        // v2: there is no body, but SAP's own adapter for v2 drops the parameters of a POST that does not say what it has.
        ...(changes && body === undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body }),
      changes,
      // Whatever its method promises: what a function module does twice, nobody knows.
      ...(changes && {
        idempotent: false,
        reconcile: `Look up in SAP what ${operation.name} does, before calling it again.`,
      }),
      read: (answer) => this.#readOutcome(operation, path, answer),
    };
  }

  /** The call for more of a list that an operation gave. */
  more(name: string, next: string, options: OperationOptions, parameters: Parameters): ODataCall<OutcomePage> {
    const operation = this.#find(name, parameters, options);
    const read = (answer: ODataAnswer) => this.#readOutcome(operation, next, answer);
    return { name: operation.name, method: "GET", path: next, headers: {}, changes: false, read };
  }

  #find(name: string, parameters: Parameters, { on }: OperationOptions): ODataOperation {
    const { model } = this.#parts;
    const type = on && findEntitySet(model, on.set).type;
    const given = Object.keys(parameters);
    const named = model.operations.filter(
      ({ name: full, boundTo }) =>
        (full === name || (boundTo !== undefined && full.slice(full.lastIndexOf(".") + 1) === name)) &&
        boundTo?.type === type &&
        (boundTo === undefined || boundTo.isCollection === (on?.key === undefined)),
    );
    const fits = named.find((one) => given.every((parameter) => one.parameters.some(({ name }) => name === parameter)));
    if (fits && !fits.parameters.some((one) => !one.isNullable && parameters[one.name] === undefined)) return fits;
    const takes = named[0]?.parameters.map((one) => one.name).join(", ");
    const message = named.length > 0 ? `Takes: ${takes || "nothing"}.` : "No function or action of this name is there.";
    throw new ValidationError(`${JSON.stringify(name.slice(0, 100))} cannot be called like this.`, [
      { path: named.length > 0 ? "parameters" : "name", message },
    ]);
  }

  #address(operation: ODataOperation, parameters: Parameters, { on }: OperationOptions) {
    const { model, codec } = this.#parts;
    const given = operation.parameters.filter(({ name }) => parameters[name] !== undefined);
    const base = on && (on.key === undefined ? on.set : codec.keyPath(on.set, on.key));
    const path = base === undefined ? operation.name : `${base}/${operation.name}`;
    if (model.version === "v4" && operation.kind === "action") {
      const wire = given.map((parameter) => [parameter.name, codec.toWireValue(parameter, parameters[parameter.name])]);
      return { path, body: Object.fromEntries(wire) as Parameters };
    }
    const literals = given.map((parameter) => {
      const { name, isCollection } = parameter;
      if (isCollection) throw new ValidationError(`The parameter ${name} takes a list, which an address cannot hold.`);
      return [name, encodeURIComponent(codec.literal(parameter, parameters[name]))] as const;
    });
    // v2 takes parameters as query options, whatever the method; v4 by alias, so that a value may hold a slash, which many
    // servers refuse in a path.
    if (model.version === "v2")
      return { path: withQuery(path, literals.map(([name, value]) => `${name}=${value}`).join("&")) };
    const aliases = literals.map(([name]) => `${name}=@${name}`).join(",");
    return { path: withQuery(`${path}(${aliases})`, literals.map(([name, value]) => `@${name}=${value}`).join("&")) };
  }

  #readOutcome(operation: ODataOperation, path: string, answer: ODataAnswer): OutcomePage {
    const messages = readMessages(answer);
    const { returns, name } = operation;
    if (returns === undefined || answer.status === 204) return { value: undefined, messages };
    const { model } = this.#parts;
    const content = readContent(answer, model.version);
    const given = model.version === "v2" ? unwrap(content, name) : content;
    if (returns.isCollection) return { ...this.#readList(name, returns.type, path, given), messages };
    if (given === null) return { value: undefined, messages };
    if (model.types.get(returns.type) !== undefined) {
      if (!isObject(given)) throw unexpected(`to ${name} holds no record`);
      return { ...this.#readRecord(returns.type, given, answer), messages };
    }
    const value = model.version === "v4" ? readValue(given, name) : given;
    return { value: this.#parts.codec.toValue(asTyped(name, returns.type), value), messages };
  }

  #readRecord(type: string, wire: ODataRecord, answer: ODataAnswer): Pick<ODataOutcome, "value" | "etag"> {
    const { record, etag = headerOf(answer, "etag") } = this.#parts.codec.toRecord(type, wire);
    return { value: record, ...(etag !== undefined && { etag }) };
  }

  #readList(name: string, type: string, path: string, given: unknown): Pick<OutcomePage, "value" | "next"> {
    const { model, codec } = this.#parts;
    const list = Array.isArray(given) ? given : isObject(given) ? (given.results ?? given.value) : undefined;
    if (!Array.isArray(list)) throw unexpected("holds no list");
    const isType = model.types.has(type);
    const value = list.map((one) =>
      isType && isObject(one) ? codec.toRecord(type, one).record : codec.toValue(asTyped(name, type), one),
    );
    const link = isObject(given) ? (given.__next ?? readControl(given, "nextLink")) : undefined;
    if (typeof link !== "string" || link === "") return { value };
    const context = isObject(given) ? readControl(given, "context") : undefined;
    return { value, next: resolveLink(this.#parts, link, path, typeof context === "string" ? context : undefined) };
  }
}

function asTyped(name: string, type: string): TypedValue {
  return { name, type, isCollection: false, isNullable: true };
}

/** v2 puts a value or a complex one below the name of the import: `{ d: { greet: "Hello" } }`. */
function unwrap(content: unknown, name: string): unknown {
  if (!isObject(content)) return content;
  const inner = Object.keys(content).length === 1 ? content[name] : undefined;
  return inner === undefined ? content : inner;
}

function readValue(content: unknown, name: string): unknown {
  if (isObject(content) && "value" in content) return content.value;
  throw new ConnectorError("UNEXPECTED_RESPONSE", `SAP's answer to ${name} has no \`value\`.`);
}

import { ConnectorError } from "@isthmus/core";
import type { CallOptions, SalesforceApi } from "../api.js";
import { assertGraphs, type Graph, type GraphResult, readGraphs, toGraphBody } from "./graph.js";
import { isObject, readSubresult, readSubresults, type SubrequestResult } from "./results.js";
import {
  assertCount,
  assertSubrequests,
  isRepeatable,
  reconcile,
  type Subrequest,
  toBody,
  toWire,
} from "./subrequest.js";
import { plantTree, type TreeRecord, type TreeResult } from "./tree.js";

/** How a composite request runs. */
export interface CompositeOptions extends CallOptions {
  /** Whether one failed call takes all others back. Default false: what does not refer to it stands. */
  readonly allOrNone?: boolean;
}

/** How a batch runs. */
export interface BatchOptions extends CallOptions {
  /** Whether the calls after a failed one are left out. Default false. */
  readonly haltOnError?: boolean;
}

/** One call of a batch: no other call can refer to it. */
export type BatchRequest = Omit<Subrequest, "referenceId" | "headers">;

/** The limits that Salesforce documents. */
const limits = { calls: 25, queries: 5 } as const;

/**
 * Several calls in one request. Limits and references are checked before anything is sent. A call that fails throws
 * nothing: its result has the error that it would have thrown on its own. When the answer is lost, requests that only read
 * and set values are sent again; others are `OUTCOME_UNKNOWN`.
 */
export class Composite {
  readonly #api: SalesforceApi;

  constructor(api: SalesforceApi) {
    this.#api = api;
  }

  /**
   * Up to 25 calls, one after the other, where each may use what those before it were answered; up to 5 of them queries or
   * collections. {@link CompositeRequest} helps to put them together.
   *
   * @returns In the order of the calls.
   */
  async send(requests: readonly Subrequest[], options: CompositeOptions = {}): Promise<readonly SubrequestResult[]> {
    assertCount(requests.length, limits.calls, "calls in a composite request");
    assertSubrequests(requests);
    const queries = requests.filter(({ path }) => /^\/(?:query|queryAll|composite\/sobjects)\b/i.test(path)).length;
    if (queries > 0) assertCount(queries, limits.queries, "queries and collections in a composite request");
    const idempotent = isRepeatable(requests);
    const compositeRequest = requests.map((request) => toWire(request, this.#api.dataPath));
    const body = { allOrNone: options.allOrNone ?? false, compositeRequest };
    const answer = await this.#post("composite.send", "/composite", body, idempotent, options);
    return readSubresults(this.#api, "composite.send", requests, idempotent, answer.compositeResponse);
  }

  /**
   * Up to 25 calls that have nothing to do with each other. Nothing is ever taken back, and each counts as a request of
   * the organisation's.
   *
   * @returns In the order of the calls; `referenceId` is their place, from 0.
   */
  async batch(requests: readonly BatchRequest[], options: BatchOptions = {}): Promise<readonly SubrequestResult[]> {
    assertCount(requests.length, limits.calls, "calls in a batch");
    const named = requests.map((request, at) => ({ ...request, referenceId: `call${at}` }));
    assertSubrequests(named);
    const version = this.#api.dataPath.split("/").at(-1);
    const batchRequests = requests.map(({ method, path, body }) => ({
      method,
      url: version + path,
      ...(body !== undefined && { richInput: toBody(body) }),
    }));
    const body = { haltOnError: options.haltOnError ?? false, batchRequests };
    const idempotent = isRepeatable(named);
    const { results } = await this.#post("composite.batch", "/composite/batch", body, idempotent, options);
    const list: readonly unknown[] = Array.isArray(results) && results.length === requests.length ? results : [];
    return named.map((request, at) => {
      const item = list[at];
      const { statusCode: status, result } = isObject(item) ? item : {};
      const subresult = readSubresult(this.#api, "composite.batch", request, idempotent, { status, body: result });
      return { ...subresult, referenceId: String(at) };
    });
  }

  /**
   * Up to 75 graphs with 500 calls in all, none in a chain of references longer than 15. Each graph stands or falls as a
   * whole, whatever becomes of the others.
   *
   * @returns In the order of the graphs.
   */
  async graph(graphs: readonly Graph[], options: CallOptions = {}): Promise<readonly GraphResult[]> {
    assertGraphs(graphs);
    const idempotent = isRepeatable(graphs.flatMap(({ requests }) => requests));
    const body = toGraphBody(graphs, this.#api.dataPath);
    const answer = await this.#post("composite.graph", "/composite/graph", body, idempotent, options);
    return readGraphs(this.#api, graphs, idempotent, answer.graphs);
  }

  /**
   * Creates records with the records below them, up to 200 in all, five levels deep: all of them or none.
   *
   * @param records - Of this object. A list of records in a field named as the relationship, each with `attributes.type`,
   *   is created below: `{ Name: "Acme", Contacts: [{ attributes: { type: "Contact" }, LastName: "Lee" }] }`.
   * @returns One for each record: a record, then those below it.
   */
  tree(sobject: string, records: readonly TreeRecord[], options: CallOptions = {}): Promise<readonly TreeResult[]> {
    return plantTree(this.#api, sobject, records, options);
  }

  async #post(
    name: string,
    path: string,
    body: object,
    idempotent: boolean,
    { signal }: CallOptions,
  ): Promise<Readonly<Record<string, unknown>>> {
    const response = await this.#api.send({
      name,
      method: "POST",
      path: this.#api.dataPath + path,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      idempotent,
      reconcile,
      ...(signal && { signal }),
    });
    const answer = response.tryJson();
    if (isObject(answer)) return answer;
    // Its calls then say, one by one, that nobody knows.
    if (!idempotent) return {};
    throw new ConnectorError(
      "UNEXPECTED_RESPONSE",
      `Salesforce answered ${name} with something that is not its result.`,
      {
        vendor: { status: response.status },
      },
    );
  }
}

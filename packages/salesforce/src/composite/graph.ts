import { ValidationError } from "@isthmus/core";
import type { SalesforceApi } from "../api.js";
import { isObject, readSubresults, type SubrequestResult } from "./results.js";
import { assertCount, assertSubrequests, type Subrequest, toWire } from "./subrequest.js";

/** Calls that stand or fall together. */
export interface Graph {
  /** What its result calls it by. */
  readonly graphId: string;
  readonly requests: readonly Subrequest[];
}

/** What became of a graph. */
export interface GraphResult {
  readonly graphId: string;
  /** Whether all of it was done; otherwise none of it was. */
  readonly successful: boolean;
  /** In the order of its calls. */
  readonly results: readonly SubrequestResult[];
}

/** @see https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_graph_limits.htm */
const limits = { graphs: 75, nodes: 500, depth: 15 } as const;

/** @throws {ValidationError} before anything is sent, for what Salesforce would refuse. */
export function assertGraphs(graphs: readonly Graph[]): void {
  assertCount(graphs.length, limits.graphs, "graphs");
  assertCount(graphs.flatMap(({ requests }) => requests).length, limits.nodes, "calls in all graphs");
  if (new Set(graphs.map(({ graphId }) => graphId)).size < graphs.length) {
    throw new ValidationError("Two graphs have the same graphId.", [
      { path: "graphs", message: "must have ids of their own" },
    ]);
  }
  for (const { requests } of graphs) {
    assertCount(requests.length, limits.nodes, "calls in a graph");
    assertCount(assertSubrequests(requests), limits.depth, "calls in a chain of references");
  }
}

/** The body of POST `/composite/graph`. */
export function toGraphBody(graphs: readonly Graph[], dataPath: string): object {
  return {
    graphs: graphs.map(({ graphId, requests }) => ({
      graphId,
      compositeRequest: requests.map((request) => toWire(request, dataPath)),
    })),
  };
}

/** What became of each graph, in their order. */
export function readGraphs(
  api: SalesforceApi,
  graphs: readonly Graph[],
  idempotent: boolean,
  answers: unknown,
): readonly GraphResult[] {
  const list: readonly unknown[] = Array.isArray(answers) ? answers : [];
  const byId = new Map(list.filter(isObject).map((graph) => [graph.graphId, graph]));
  return graphs.map(({ graphId, requests }) => {
    const { isSuccessful, graphResponse } = byId.get(graphId) ?? {};
    const { compositeResponse } = isObject(graphResponse) ? graphResponse : {};
    const results = readSubresults(api, "composite.graph", requests, idempotent, compositeResponse);
    const isDone = isSuccessful === true && results.every(({ error }) => error === undefined);
    return { graphId, successful: isDone, results };
  });
}

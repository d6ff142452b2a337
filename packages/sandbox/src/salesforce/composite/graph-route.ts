import { cannotDeserialize } from "../data/coerce.js";
import { SalesforceError } from "../errors.js";
import { type JsonObject, objectsOf, parseJsonObject } from "../rest/json-body.js";
import type { RestTable } from "../rest/rest-table.js";
import type { SalesforceState } from "../state.js";
import { listReferences } from "./references.js";
import { halted, runSubrequests, type SubrequestResult } from "./run-subrequests.js";
import { assertDistinct, readSubrequest, type Subrequest } from "./subrequest.js";

/** https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-graph-limits.html */
const limits = { graphs: 75, depth: 15, nodes: 500, kinds: 15, failures: 14 };

interface Graph {
  graphId: string;
  subrequests: Subrequest[];
}

interface GraphResult {
  graphId: string;
  graphResponse: { compositeResponse: SubrequestResult[] };
  isSuccessful: boolean;
}

/** Adds `/composite/graph`: each graph is done as a whole or not at all, whatever becomes of the others. */
export function addGraphRoute(table: RestTable, state: SalesforceState): void {
  table.add("POST", "/composite/graph", (call) => {
    const graphs = objectsOf(parseJsonObject(call.text), "graphs").map((graph) => readGraph(graph, call.version));
    assertWithinLimits(graphs);
    let failures = 0;
    const results = graphs.map(({ graphId, subrequests }): GraphResult => {
      const { results, successful } =
        failures > limits.failures
          ? { results: subrequests.map(({ referenceId }) => halted(referenceId)), successful: false }
          : runSubrequests(table, state.store, call, subrequests, true);
      if (!successful) failures += 1;
      return { graphId, graphResponse: { compositeResponse: results }, isSuccessful: successful };
    });
    return { status: 200, body: { graphs: results } };
  });
}

function readGraph(graph: JsonObject, version: number): Graph {
  if (typeof graph.graphId !== "string" || graph.graphId === "") {
    throw cannotDeserialize("graphId", graph.graphId ?? null, "[line:1, column:1]");
  }
  const subrequests = objectsOf(graph, "compositeRequest").map((part) => readSubrequest(part, version));
  assertDistinct(subrequests);
  const odd = subrequests.find(({ url }) => kindOf(url) === undefined);
  if (odd !== undefined) throw new SalesforceError(400, "INVALID_INPUT", `Unsupported url in a graph: ${odd.url}`);
  return { graphId: graph.graphId, subrequests };
}

/** Only single records may be made, read, changed and deleted in a graph. */
function kindOf(url: string): string | undefined {
  return /^\/services\/data\/(v\d+\.\d\/sobjects\/[A-Za-z0-9_]+)(\/[^/?]+){0,2}\/?(\?.*)?$/.exec(url)?.[1];
}

function assertWithinLimits(graphs: readonly Graph[]): void {
  assertLimit(graphs.length, limits.graphs, "graphs");
  if (new Set(graphs.map(({ graphId }) => graphId)).size < graphs.length) {
    throw new SalesforceError(400, "INVALID_INPUT", "Each graph must have a graphId of its own");
  }
  const all = graphs.flatMap(({ subrequests }) => subrequests);
  assertLimit(all.length, limits.nodes, "nodes");
  const kinds = new Set(all.map(({ method, url }) => `${method} ${kindOf(url)?.toLowerCase()}`));
  assertLimit(kinds.size, limits.kinds, "different nodes");
  for (const { subrequests } of graphs) assertLimit(depthOf(subrequests), limits.depth, "levels of a graph");
}

function assertLimit(count: number, limit: number, what: string): void {
  if (count <= limit) return;
  throw new SalesforceError(400, "LIMIT_EXCEEDED", `Limit of ${limit} reached for number of ${what} in Graph Api`);
}

/** The longest chain of parts of which each refers to the one before. */
function depthOf(subrequests: readonly Subrequest[]): number {
  const depths = new Map<string, number>();
  for (const { referenceId, url, body } of subrequests) {
    const above = [...listReferences(url), ...listReferences(body)].map((name) => depths.get(name) ?? 0);
    depths.set(referenceId, 1 + Math.max(0, ...above));
  }
  return Math.max(0, ...depths.values());
}

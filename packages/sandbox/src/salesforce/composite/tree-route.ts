import { type SaveFault, toSaveFault } from "../data/save-result.js";
import { SalesforceError } from "../errors.js";
import { writableOf } from "../record-routes.js";
import { isJsonObject, type JsonObject, objectsOf, parseJsonObject } from "../rest/json-body.js";
import type { RestTable } from "../rest/rest-table.js";
import type { ObjectDefinition } from "../schema/definitions.js";
import { listChildRelationships } from "../schema/schema.js";
import type { SalesforceState } from "../state.js";
import { explainReferenceId } from "./subrequest.js";

const limits = { records: 200, types: 5, depth: 5 };

interface TreeNode {
  object: ObjectDefinition;
  referenceId: string;
  record: JsonObject;
  children: { relationship: string; nodes: TreeNode[] }[];
}

interface TreeFailure {
  referenceId: string;
  errors: SaveFault[];
}

/**
 * Adds `/composite/tree/{Object}`: records with the records below them, all or none.
 *
 * @see https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobject-tree.html
 */
export function addTreeRoute(table: RestTable, state: SalesforceState): void {
  table.add("POST", "/composite/tree/:object", (call) => {
    const root = writableOf(call.params.object);
    const nodes = objectsOf(parseJsonObject(call.text), "records").map((record) => readNode(record, 1));
    const odd = flatten(nodes).length === 0 || nodes.some(({ object }) => object !== root);
    if (odd) throw new SalesforceError(400, "INVALID_INPUT", `The root records must be of the type ${root.name}`);
    assertWithinLimits(nodes);
    const repeated = listRepeated(nodes);
    if (repeated.length > 0) return { status: 400, body: { hasErrors: true, results: repeated } };
    const ids = new Map<TreeNode, string>();
    const failures: TreeFailure[] = [];
    const save = (): void => saveLevel(state, call.text, call.userId, nodes, ids, failures);
    state.store.transaction(save, () => failures.length === 0);
    if (failures.length > 0) return { status: 400, body: { hasErrors: true, results: failures } };
    const results = [...ids].map(([{ referenceId }, id]) => ({ referenceId, id }));
    return { status: 201, body: { hasErrors: false, results } };
  });
}

function readNode(record: JsonObject, depth: number): TreeNode {
  if (depth > limits.depth) throw exceeds(`sObject trees can have up to ${limits.depth} levels`);
  const attributes = isJsonObject(record.attributes) ? record.attributes : {};
  const { type, referenceId } = attributes;
  if (typeof type !== "string" || typeof referenceId !== "string" || referenceId === "") {
    throw new SalesforceError(400, "INVALID_INPUT", "Each record must have a type and a referenceId in its attributes");
  }
  if (!/^[A-Za-z0-9]/.test(referenceId)) {
    throw new SalesforceError(400, "INVALID_INPUT", explainReferenceId(referenceId));
  }
  const nested = Object.entries(record).filter(([, value]) => isJsonObject(value) && Array.isArray(value.records));
  const plain = Object.entries(record).filter(([name]) => !nested.some(([other]) => other === name));
  const children = nested.map(([relationship, value]) => ({
    relationship,
    nodes: objectsOf(isJsonObject(value) ? value : {}, "records").map((child) => readNode(child, depth + 1)),
  }));
  return { object: writableOf(type), referenceId, record: Object.fromEntries(plain), children };
}

function flatten(nodes: readonly TreeNode[]): TreeNode[] {
  return nodes.flatMap((node) => [node, ...node.children.flatMap(({ nodes: below }) => flatten(below))]);
}

function assertWithinLimits(nodes: readonly TreeNode[]): void {
  const all = flatten(nodes);
  if (all.length > limits.records) throw exceeds(`The request can have up to ${limits.records} records`);
  if (new Set(all.map(({ object }) => object)).size > limits.types) {
    throw exceeds(`The request can have up to ${limits.types} types of records`);
  }
}

function exceeds(message: string): SalesforceError {
  return new SalesforceError(400, "LIMIT_EXCEEDED", message);
}

/** One entry for each place where a reference id stands that is not the only one of its name. */
function listRepeated(nodes: readonly TreeNode[]): TreeFailure[] {
  const all = flatten(nodes);
  const message = "Duplicate ReferenceId provided in the request.";
  return all
    .filter(({ referenceId }) => all.filter((other) => other.referenceId === referenceId).length > 1)
    .map(({ referenceId }) => ({ referenceId, errors: [{ statusCode: "INVALID_INPUT", message, fields: [] }] }));
}

/** Level by level, as the documents have it: all roots, then what is directly below them, and so on. */
function saveLevel(
  state: SalesforceState,
  text: string,
  userId: string,
  nodes: readonly TreeNode[],
  ids: Map<TreeNode, string>,
  failures: TreeFailure[],
): void {
  const next: TreeNode[] = [];
  for (const node of nodes) {
    try {
      ids.set(node, String(state.records.create(node.object, { record: node.record, text }, userId).Id));
      for (const { relationship, nodes: below } of node.children) {
        const field = pointerOf(node.object, relationship, below);
        for (const child of below)
          next.push(Object.assign(child, { record: { ...child.record, [field]: ids.get(node) } }));
      }
    } catch (error) {
      if (!(error instanceof SalesforceError)) throw error;
      failures.push({ referenceId: node.referenceId, errors: [toSaveFault(error)] });
    }
  }
  // What is below a record that failed cannot be tried.
  if (next.length > 0 && failures.length === 0) saveLevel(state, text, userId, next, ids, failures);
}

function pointerOf(parent: ObjectDefinition, relationship: string, below: readonly TreeNode[]): string {
  const wanted = relationship.toLowerCase();
  const found = listChildRelationships(parent).find(
    ({ name, child }) => name.toLowerCase() === wanted && below.every(({ object }) => object === child),
  );
  if (found !== undefined) return found.field.name;
  const message = `No such relation '${relationship}' on sobject of type ${parent.name}`;
  throw new SalesforceError(400, "INVALID_FIELD", message, []);
}

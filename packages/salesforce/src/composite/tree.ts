import { type ConnectorError, OutcomeUnknownError, ValidationError, VendorError } from "@isthmus/core";
import type { CallOptions, SalesforceApi } from "../api.js";
import { itemFailure } from "../item-failure.js";
import { assertSobjectName } from "../names.js";
import { type RecordInput, writeRecord } from "../records.js";
import { isObject } from "./results.js";
import { asFailed } from "./subrequest.js";

/** A record of a tree. Lists of records are created below it. */
export type TreeRecord = RecordInput;

/** What became of a record of a tree. */
export interface TreeResult {
  /** As given in `attributes.referenceId`, or made up. */
  readonly referenceId: string;
  readonly id?: string;
  readonly error?: ConnectorError;
  /** Whether it was not created because another one failed. */
  readonly halted: boolean;
}

const limits = { records: 200, levels: 5, types: 5 } as const;
const name = "composite.tree";

/** POST `/composite/tree/{sobject}` */
export async function plantTree(
  api: SalesforceApi,
  sobject: string,
  records: readonly TreeRecord[],
  options: CallOptions,
): Promise<readonly TreeResult[]> {
  const planted = new Planting();
  const body = { records: records.map((record) => planted.plant(record, sobject, 1)) };
  planted.assertLimits();
  const reconcile = `Query ${sobject} by the values that you sent, newest first (ORDER BY CreatedDate DESC), before sending the tree again.`;
  const request = {
    ...options,
    name,
    method: "POST",
    path: `${api.dataPath}/composite/tree/${sobject}`,
    headers: { "content-type": "application/json" },
    body: writeRecord(body),
    idempotent: false,
    reconcile,
  } as const;
  const response = await api.sendRaw(request);
  const answer = response.tryJson();
  const results = isObject(answer) && Array.isArray(answer.results) ? answer.results.filter(isObject) : undefined;
  const isCreated = response.status >= 200 && response.status < 300;
  if (!isCreated && (!isObject(answer) || answer.hasErrors !== true || !results))
    throw api.mapFailure(response, request);
  const byReference = new Map(results?.map((result) => [result.referenceId, result]));
  return planted.references.map((referenceId) => {
    const { id, errors } = byReference.get(referenceId) ?? {};
    if (isCreated && typeof id === "string") return { referenceId, id, halted: false };
    if (isCreated) return { referenceId, error: unknownOutcome(reconcile), halted: false };
    if (errors === undefined) return { referenceId, error: haltedBy(response.status), halted: true };
    return { referenceId, error: itemFailure(api, errors, asFailed(name, "POST", false)), halted: false };
  });
}

/** The records of one tree, each with its type and reference. */
class Planting {
  readonly references: string[] = [];
  readonly #types = new Set<string>();
  #levels = 0;

  plant(record: TreeRecord, type: string | undefined, level: number): object {
    const { attributes, ...fields } = record;
    const given = isObject(attributes) ? attributes : {};
    const sobject = typeof given.type === "string" ? given.type : (type ?? "");
    assertSobjectName(sobject);
    const referenceId =
      typeof given.referenceId === "string" ? given.referenceId : `record${this.references.length + 1}`;
    this.references.push(referenceId);
    this.#types.add(sobject);
    this.#levels = Math.max(this.#levels, level);
    const entries = Object.entries(fields).map(([field, value]) => {
      const children = childrenOf(value);
      return [field, children ? { records: children.map((child) => this.plant(child, undefined, level + 1)) } : value];
    });
    return { attributes: { ...given, type: sobject, referenceId }, ...Object.fromEntries(entries) };
  }

  /** @throws {ValidationError} */
  assertLimits(): void {
    const { length } = this.references;
    if (length < 1 || length > limits.records) refuse(`has 1 to ${limits.records} records; there are ${length}`);
    if (this.#levels > limits.levels) refuse(`is at most ${limits.levels} levels deep`);
    if (this.#types.size > limits.types) refuse(`has records of at most ${limits.types} objects`);
    if (new Set(this.references).size < length) refuse("has a referenceId of its own for each record");
  }
}

/** Records below another one: a list, or Salesforce's own form of it. */
function childrenOf(value: unknown): readonly TreeRecord[] | undefined {
  const list: unknown = isObject(value) ? value.records : value;
  return Array.isArray(list) && list.every(isObject) ? list : undefined;
}

function refuse(message: string): never {
  throw new ValidationError(`A tree ${message}.`, [{ path: "records", message }]);
}

function haltedBy(status: number): ConnectorError {
  const message = "The record was not created, because another one of the tree failed.";
  return new VendorError(message, { vendor: { status } });
}

function unknownOutcome(reconcile: string): ConnectorError {
  const message = "Salesforce answered the tree without the id of this record. Look it up.";
  return new OutcomeUnknownError(message, { reconcile });
}

import type { Api, ApiRequest } from "./api.js";
import { stringifyDecimalJson } from "./decimal-json.js";
import { type EntityName, type EntityTraits, traitsOf } from "./entities/traits.js";
import {
  assertOffers,
  assertRecordId,
  type DeletedRecord,
  identityOf,
  type QuickbooksRecord,
  type RecordInput,
  unwrapDeleted,
  unwrapRecord,
} from "./records.js";
import { postRemoval } from "./removals.js";
import { untilFresh } from "./until-fresh.js";
import { type WriteOptions, type WriteParts, writeOnce } from "./write-once.js";

/** How a record is changed. */
export interface UpdateOptions extends WriteOptions {
  /**
   * `true`: the fields that are given are changed, the others stay, whatever was changed meanwhile. `false`: the record
   * becomes what is given; writable fields that are missing are cleared, and a change meanwhile is a conflict.
   */
  readonly sparse: boolean;
}

const jsonHeaders = { "content-type": "application/json" };

/** Creates, reads, changes and removes records of any entity. */
export class RecordCalls {
  readonly #api: Api;
  readonly #parts: WriteParts;

  constructor(parts: WriteParts) {
    this.#api = parts.api;
    this.#parts = parts;
  }

  async create(entity: EntityName, record: RecordInput, options: WriteOptions): Promise<QuickbooksRecord> {
    const traits = traitsOf(entity);
    assertOffers(traits, traits.create, "create");
    return unwrapRecord(await this.post(traits, "create", record, undefined, options), entity);
  }

  async read(entity: EntityName, id: string, signal: AbortSignal | undefined): Promise<QuickbooksRecord> {
    const traits = traitsOf(entity);
    assertRecordId(id);
    const path = entity === "Preferences" ? `/${traits.path}` : `/${traits.path}/${id}`;
    const request = { name: `${entity}.read`, method: "GET", path, ...(signal && { signal }) } as const;
    return unwrapRecord(await this.#api.read(request), entity);
  }

  async update(entity: EntityName, record: RecordInput, options: UpdateOptions): Promise<QuickbooksRecord> {
    const traits = traitsOf(entity);
    assertOffers(traits, traits.update, "change");
    const { Id, SyncToken } = identityOf(record, !options.sparse);
    const post = (change: RecordInput, own: WriteOptions) => this.post(traits, "update", change, undefined, own);
    if (!options.sparse) return unwrapRecord(await post(record, options), entity);
    // A change meanwhile does not matter: the caller asked for these fields whatever the others are.
    const answer = await untilFresh(options, async (own, round) => {
      if (traits.sparse && round === 1 && SyncToken !== undefined) return post({ ...record, sparse: true }, own);
      return post(merge(traits, await this.read(entity, Id, options.signal), record), own);
    });
    return unwrapRecord(answer, entity);
  }

  async remove(
    entity: EntityName,
    record: RecordInput,
    options: WriteOptions,
  ): Promise<DeletedRecord | QuickbooksRecord> {
    const traits = traitsOf(entity);
    assertOffers(traits, traits.delete !== false, "delete");
    if (traits.delete === "deactivate") {
      return this.update(entity, { ...identityOf(record, false), Active: false }, { ...options, sparse: true });
    }
    return unwrapDeleted(await postRemoval(this, traits, "delete", record, options), entity);
  }

  async void(entity: EntityName, record: RecordInput, options: WriteOptions): Promise<QuickbooksRecord> {
    const traits = traitsOf(entity);
    assertOffers(traits, traits.void !== false, "void");
    return unwrapRecord(await postRemoval(this, traits, "void", record, options), entity);
  }

  /** Sends a body to the entity's own address, once. @returns Intuit's answer. */
  post(
    { name, path }: EntityTraits,
    verb: string,
    body: RecordInput,
    query: ApiRequest["query"],
    options: WriteOptions,
  ): Promise<unknown> {
    const request = {
      name: `${name}.${verb}`,
      method: "POST",
      path: `/${path}`,
      headers: jsonHeaders,
      body: stringifyDecimalJson(body),
      ...(query && { query }),
    } as const;
    return writeOnce(this.#parts, request, options);
  }
}

/** What is sent for a sparse update: the fields alone where Intuit merges, the merged record where it does not. */
function merge({ sparse, kind }: EntityTraits, current: QuickbooksRecord, changes: RecordInput): RecordInput {
  const { SyncToken } = current;
  if (sparse) return { ...changes, SyncToken, sparse: true };
  // The preferences stand in groups, and a change names one of them.
  const merged = kind === "singleton" ? mergeGroups(current, changes) : { ...current, ...changes };
  return { ...merged, SyncToken, sparse: false };
}

function mergeGroups(current: RecordInput, changes: RecordInput): RecordInput {
  const changed = Object.entries(changes).map(([name, value]) => {
    const before = current[name];
    return [name, isGroup(before) && isGroup(value) ? mergeGroups(before, value) : value];
  });
  return { ...current, ...Object.fromEntries(changed) };
}

function isGroup(value: unknown): value is RecordInput {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

import { ConnectorError, codeOf } from "@isthmus/core";
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
/** How often a sparse update meets another change before it gives up. */
const mostMerges = 4;

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
    return unwrapRecord(await this.#post(traits, "create", record, options), entity);
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
    const identity = identityOf(record, !options.sparse);
    if (!options.sparse) return unwrapRecord(await this.#post(traits, "update", record, options), entity);
    let token = identity.SyncToken;
    for (let round = 1; ; round += 1) {
      const current =
        token === undefined || !traits.sparse ? await this.read(entity, identity.Id, options.signal) : undefined;
      const change = merge(traits, record, current, token);
      try {
        return unwrapRecord(await this.#post(traits, "update", change, keyOfRound(options, round)), entity);
      } catch (error) {
        if (!isStale(error) || round === mostMerges) throw error;
        // Changed meanwhile: the caller asked for these fields whatever the others are.
        token = undefined;
      }
    }
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
    const identity = await this.#identity(entity, record, options);
    return unwrapDeleted(await this.#post(traits, "delete", identity, options, { operation: "delete" }), entity);
  }

  async void(entity: EntityName, record: RecordInput, options: WriteOptions): Promise<QuickbooksRecord> {
    const traits = traitsOf(entity);
    assertOffers(traits, traits.void !== false, "void");
    const identity = await this.#identity(entity, record, options);
    if (traits.void === "void") {
      return unwrapRecord(await this.#post(traits, "void", identity, options, { operation: "void" }), entity);
    }
    const query = { operation: "update", include: "void" };
    return unwrapRecord(await this.#post(traits, "void", { ...identity, sparse: true }, options, query), entity);
  }

  async #identity(entity: EntityName, record: RecordInput, { signal }: WriteOptions) {
    const { Id, SyncToken } = identityOf(record, false);
    return { Id, SyncToken: SyncToken ?? (await this.read(entity, Id, signal)).SyncToken };
  }

  #post(
    { name, path }: EntityTraits,
    verb: string,
    body: RecordInput,
    options: WriteOptions,
    query?: ApiRequest["query"],
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
function merge(
  { sparse }: EntityTraits,
  changes: RecordInput,
  current: QuickbooksRecord | undefined,
  token: string | undefined,
): RecordInput {
  const SyncToken = token ?? current?.SyncToken;
  if (sparse) return { ...changes, SyncToken, sparse: true };
  return { ...current, ...changes, SyncToken };
}

/** Each round sends something else: under one key Intuit would answer it with the refusal of the round before. */
function keyOfRound(options: WriteOptions, round: number): WriteOptions {
  const { idempotencyKey } = options;
  if (idempotencyKey === undefined || round === 1) return options;
  return { ...options, idempotencyKey: `${idempotencyKey}#${round}` };
}

function isStale(error: unknown): boolean {
  return codeOf(error) === "CONFLICT" && error instanceof ConnectorError && error.vendor?.code === "5010";
}

import {
  ConnectorError,
  codeOf,
  outcomeOfConflict,
  outcomeOfFailure,
  type RecordOutcome,
  type RecordWrite,
  type RecordWriteCall,
  type RecordWriter,
} from "@isthmus/core";
import type { ApiClient } from "../api-client.js";
import { toId } from "../entities/read-record.js";
import { resolvePointer } from "../json-pointer.js";
import type { EntityConfiguration } from "../options/entity-options.js";
import { hasKey, isRepeatableWrite, type WriteRequestConfiguration } from "../options/write-options.js";
import { buildRequest } from "../requests/build-request.js";
import { toVersionValue, versionOf } from "./version-of.js";

/** Records of one call: each is a request of its own, as many at once as the connector's limits allow. */
const batchSize = 20;

/**
 * Writes records by the requests that the configuration gives for their entity.
 *
 * What is known of an API is what the configuration says, so nothing is looked up: the version goes with the request, and the API refuses
 * it where it has another. A request that holds a version, or a key that the API recognises, may be sent again after a lost answer; one
 * whose repetition does no harm, too; of any other the outcome is `unknown`.
 *
 * @param find - @throws {NotFoundError} where there is no such entity.
 */
export function createRecordWriter(connector: ApiClient, find: (name: string) => EntityConfiguration): RecordWriter {
  return {
    batchSize,
    baseOf: (record, name) => {
      const { write } = find(name);
      return write?.version && versionOf(record, write.version.field);
    },
    async write(name, records, call) {
      const entity = find(name);
      return Promise.all(records.map((record) => writeOne(connector, entity, record, call)));
    },
  };
}

type Kind = "create" | "update" | "delete";

const meaning = { create: "created", update: "updated", delete: "deleted" } as const;

async function writeOne(
  connector: ApiClient,
  entity: EntityConfiguration,
  write: RecordWrite,
  { policy, signal }: RecordWriteCall,
): Promise<RecordOutcome> {
  const { id, attempted } = write;
  const known = id === undefined ? {} : { id };
  const kind: Kind = write.deleted ? "delete" : id === undefined ? "create" : "update";
  const base = policy === "ours" ? undefined : write.base;
  const request = entity.write?.[kind];
  const refusal = refusalOf(entity, request, { ...write, kind, base });
  if (request === undefined || refusal !== undefined)
    return { outcome: "failed", ...known, error: refusal ?? unsupported(entity, kind) };
  // A second one with a version or a key has no second effect: the API refuses it, or answers it as the first.
  const canRepeat = base !== undefined || isRepeatableWrite(request);
  if (attempted && !canRepeat) return { outcome: "unknown", ...known, error: nobodyKnows(request) };
  try {
    const answer = await send(connector, entity, request, { ...write, kind, base, signal });
    return { outcome: meaning[kind], ...(kind === "create" ? newIdOf(entity, answer) : known) };
  } catch (error) {
    return outcomeOf(error, request, { ...write, kind, base, policy, canRepeat });
  }
}

interface Planned extends Omit<RecordWrite, "base"> {
  readonly kind: Kind;
  /** The version that the request holds; `undefined` where the record is overwritten. */
  readonly base: string | undefined;
}

function refusalOf(
  entity: EntityConfiguration,
  request: WriteRequestConfiguration | undefined,
  { externalId, base, kind }: Planned,
): ConnectorError | undefined {
  if (externalId !== undefined) {
    return new ConnectorError(
      "UNSUPPORTED",
      "Records of a connector by configuration are named by their id: it finds none by another field.",
    );
  }
  if (request === undefined) return unsupported(entity, kind);
  if (base === undefined || entity.write?.version !== undefined) return undefined;
  return new ConnectorError(
    "UNSUPPORTED",
    `The configuration names no version of ${entity.name}, so nothing can be compared: choose the policy ours.`,
  );
}

function unsupported({ name }: EntityConfiguration, kind: Kind): ConnectorError {
  return new ConnectorError("UNSUPPORTED", `The configuration has no request that does this to ${name}: ${kind}.`);
}

async function send(
  connector: ApiClient,
  entity: EntityConfiguration,
  request: WriteRequestConfiguration,
  { kind, key, id, record, base, signal }: Planned & Pick<RecordWriteCall, "signal">,
): Promise<unknown> {
  const { reconcile } = request;
  const version = base === undefined ? {} : { version: toVersionValue(entity, base) };
  const values = { key, ...(id !== undefined && { id }), ...version, record };
  // Without a template, what is sent is the record.
  const body = kind === "delete" ? request.body : { ...defaultBody, ...request.body };
  const template = body && { ...body, template: body.template ?? "{record}" };
  const built = buildRequest({ ...request, ...(template && { body: template }) }, values);
  const response = await connector.sendBuilt(built, {
    name: `${entity.name}.${kind}`,
    idempotent: isSentAgain(request, base),
    signal,
    ...(reconcile !== undefined && { reconcile }),
  });
  return response.tryJson();
}

/**
 * Whether the transport may send it again. One with a version and without a key is sent once: its repetition would meet the change of
 * the first, and look like a conflict.
 */
function isSentAgain(request: WriteRequestConfiguration, base: string | undefined): boolean {
  return base === undefined ? isRepeatableWrite(request) : hasKey(request);
}

const defaultBody = { format: "json", mediaType: "application/json" } as const;

/** The vendor has accepted it; where its answer does not tell the id, the next read does. */
function newIdOf(entity: EntityConfiguration, answer: unknown): { readonly id?: string } {
  const id = toId(resolvePointer(answer, entity.write?.create?.id ?? entity.id));
  return id === undefined ? {} : { id };
}

/** Refusals of a request as a whole. Of any other failure of one that was sent several times, an earlier time may have been done. */
const neverDone: ReadonlySet<string> = new Set([
  "RATE_LIMITED",
  "QUOTA_EXHAUSTED",
  "AUTHENTICATION_FAILED",
  "RECONNECT_REQUIRED",
  "CREDENTIALS_MISSING",
]);

interface Failed extends Planned, Pick<RecordWriteCall, "policy"> {
  readonly canRepeat: boolean;
}

function outcomeOf(
  error: unknown,
  request: WriteRequestConfiguration,
  { kind, id, base, attempted, policy, canRepeat }: Failed,
): RecordOutcome {
  const known = id === undefined ? {} : { id };
  const isGone = codeOf(error) === "NOT_FOUND" && kind !== "create";
  if (isGone && kind === "delete" && (attempted || policy === "ours")) return { outcome: "deleted", ...known };
  if (base !== undefined && (isGone || codeOf(error) === "CONFLICT")) {
    // The first try may have moved the version, and what the API has now is not known here.
    return attempted ? { outcome: "unknown", ...known, error: nobodyKnows(request) } : outcomeOfConflict(policy, id);
  }
  // Perhaps with what the first try has created.
  if (kind === "create" && attempted && codeOf(error) === "CONFLICT") {
    return { outcome: "unknown", error: nobodyKnows(request) };
  }
  const found = outcomeOfFailure(error, id);
  // Its second try tells, where a second try may be made; `attempted` stays what it was.
  if (found.outcome === "unknown" && canRepeat) return { outcome: "again", attempted: true, error: found.error };
  if (found.outcome !== "again") return found;
  const mayHaveArrived = isSentAgain(request, base) && !neverDone.has(codeOf(error));
  return { ...found, attempted: attempted || mayHaveArrived };
}

function nobodyKnows({ reconcile }: WriteRequestConfiguration): ConnectorError {
  return new ConnectorError(
    "OUTCOME_UNKNOWN",
    `An earlier try may have written this record, and the API cannot be asked. ${reconcile ?? "Look it up before you write it again."}`,
  );
}

import { ConnectorError, codeOf, NotFoundError } from "@isthmus/core";
import type { EntityName, EntityTraits } from "./entities/traits.js";
import { identityOf, type QuickbooksRecord, type RecordInput } from "./records.js";
import { untilFresh } from "./until-fresh.js";
import type { WriteOptions } from "./write-once.js";

/** What removing works with. */
export interface RemovalCalls {
  read(entity: EntityName, id: string, signal: AbortSignal | undefined): Promise<QuickbooksRecord>;
  /** Sends a body to the entity's own address, once. */
  post(
    traits: EntityTraits,
    verb: string,
    body: RecordInput,
    query: Readonly<Record<string, string>>,
    options: WriteOptions,
  ): Promise<unknown>;
}

/** SyncToken of a record that nobody has changed yet. */
const firstToken = "0";

/**
 * Deletes or voids a record. Without a SyncToken of the caller's it is read first, and again when it was changed meanwhile; with
 * one, a change meanwhile is a conflict.
 *
 * A repetition with the same key, after a crash, finds the record of its own first try gone: it is answered by the result of
 * that try as long as Intuit remembers it.
 *
 * @returns Intuit's answer.
 * @throws {NotFoundError} when there is no such record, and Intuit knows of no earlier request with the key.
 */
export async function postRemoval(
  calls: RemovalCalls,
  traits: EntityTraits,
  verb: "delete" | "void",
  record: RecordInput,
  options: WriteOptions,
): Promise<unknown> {
  const { Id, SyncToken } = identityOf(record, false);
  const isWhole = verb === "delete" && traits.delete === "delete_whole";
  const send = (body: RecordInput, own: WriteOptions) =>
    calls.post(traits, verb, ...requestOf(traits, verb, body), own);
  if (SyncToken !== undefined && !isWhole) return send({ Id, SyncToken }, options);
  const readAndSend = async (own: WriteOptions) => {
    const current = await calls.read(traits.name, Id, options.signal).catch((error: unknown) => {
      if (own.idempotencyKey === undefined || codeOf(error) !== "NOT_FOUND") throw error;
      return undefined;
    });
    if (current === undefined) return answerOfFirstTry(traits, verb, () => send({ Id, SyncToken: firstToken }, own));
    const identity = { Id, SyncToken: SyncToken ?? current.SyncToken };
    return send(isWhole ? { ...current, ...identity } : identity, own);
  };
  return SyncToken === undefined ? untilFresh(options, readAndSend) : readAndSend(options);
}

/**
 * Intuit answers a `requestid` that it has seen by what it did then, whatever else the request says. One that it has not seen
 * names a record that is not there and does nothing; had the record come back meanwhile, removing it is what was asked for.
 */
async function answerOfFirstTry(traits: EntityTraits, verb: string, ask: () => Promise<unknown>): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ConnectorError) || error.code !== "NOT_FOUND") throw error;
    const message = `There is no such ${traits.name}, and QuickBooks knows of no ${verb} with this idempotency key: somebody else removed it, or the key is too old.`;
    throw new NotFoundError(message, { cause: error, ...(error.vendor && { vendor: error.vendor }) });
  }
}

function requestOf(
  traits: EntityTraits,
  verb: "delete" | "void",
  body: RecordInput,
): [body: RecordInput, query: Readonly<Record<string, string>>] {
  if (verb === "delete" || traits.void === "void") return [body, { operation: verb }];
  return [
    { ...body, sparse: true },
    { operation: "update", include: "void" },
  ];
}

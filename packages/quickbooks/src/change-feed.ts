import { ConnectorError } from "@isthmus/core";
import { z } from "zod";
import type { Api } from "./api.js";
import type { EntityName } from "./entities/traits.js";

/** A record that was changed, or what is left of a deleted one. */
export interface ChangedRecord {
  readonly Id: string;
  /** Missing: the record lives. */
  readonly status?: string | undefined;
  /** Epoch milliseconds. */
  readonly modifiedAtMs: number;
  readonly record: Readonly<Record<string, unknown>>;
}

/** What Change Data Capture answers. */
export interface ChangePage {
  readonly changes: readonly ChangedRecord[];
  /** Epoch milliseconds at Intuit when it was asked. */
  readonly askedAtMs: number;
  /** The answer was cut: Intuit gives 1,000 objects and says nothing of more. */
  readonly truncated: boolean;
}

/** Objects of one answer. */
const largestAnswer = 1_000;

const changedSchema = z.looseObject({
  Id: z.string(),
  status: z.string().optional(),
  MetaData: z.looseObject({ LastUpdatedTime: z.iso.datetime({ offset: true }) }),
});
const answerSchema = z.looseObject({
  CDCResponse: z.array(z.looseObject({ QueryResponse: z.array(z.looseObject({})).optional() })),
  time: z.iso.datetime({ offset: true }),
});

/**
 * What was changed or deleted since a moment, at most 30 days ago, oldest first.
 *
 * @see https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/change-data-capture
 */
export async function readChangesSince(
  api: Api,
  entity: EntityName,
  sinceMs: number,
  signal: AbortSignal,
): Promise<ChangePage> {
  const query = { entities: entity, changedSince: new Date(sinceMs).toISOString() };
  const body = await api.read({ name: `${entity}.changes`, method: "GET", path: "/cdc", query, signal });
  const answer = answerSchema.safeParse(body, { reportInput: false });
  if (!answer.success) throw new ConnectorError("UNEXPECTED_RESPONSE", "QuickBooks' answer is no list of changes.");
  const lists = answer.data.CDCResponse.flatMap(({ QueryResponse = [] }) =>
    QueryResponse.map((found) => found[entity]),
  );
  const changes = lists
    .filter((list) => Array.isArray(list))
    .flat()
    .map(toChangedRecord);
  return {
    changes: changes.sort((one, other) => one.modifiedAtMs - other.modifiedAtMs),
    askedAtMs: Date.parse(answer.data.time),
    truncated: changes.length >= largestAnswer,
  };
}

/** @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it lacks its id or its time. */
export function toChangedRecord(value: unknown): ChangedRecord {
  const result = changedSchema.safeParse(value, { reportInput: false });
  if (!result.success) {
    throw new ConnectorError("UNEXPECTED_RESPONSE", "A changed record of QuickBooks' has no Id or no LastUpdatedTime.");
  }
  const { Id, status, MetaData } = result.data;
  return { Id, status, modifiedAtMs: Date.parse(MetaData.LastUpdatedTime), record: result.data };
}

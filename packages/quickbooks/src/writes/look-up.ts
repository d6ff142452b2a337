import type { ConflictPolicy, RecordWrite } from "@isthmus/core";
import type { EntityTraits } from "../entities/traits.js";
import type { QueryRecord } from "../query.js";
import { quickbooksQuery } from "../query-language.js";
import type { QuickbooksConnector } from "../quickbooks-connector.js";
import { needsLookup } from "./plan-item.js";

/** What each record that is to be written finds. */
export type Finds = (write: RecordWrite) => readonly QueryRecord[];

/**
 * Reads what the company has of the records that are to be written, as far as it has to be known.
 *
 * @throws {ConnectorError} what the vendor's failure maps to. Nothing was written.
 */
export async function lookUp(
  connector: QuickbooksConnector,
  traits: EntityTraits,
  writes: readonly RecordWrite[],
  { policy, signal }: { readonly policy: ConflictPolicy; readonly signal: AbortSignal },
): Promise<Finds> {
  const wanted = writes.filter((write) => needsLookup(traits, write, policy));
  const keys = wanted.map(({ id, externalId }) =>
    externalId && id === undefined ? externalId : { field: "Id", value: id ?? "" },
  );
  const found = new Map<string, QueryRecord[]>();
  for (const [field, ofField] of Map.groupBy(keys, (key) => key.field)) {
    const values = ofField.map(({ value }) => value);
    const query = `select * from ${traits.name} where ${field} in ${quickbooksQuery`${values}`}${alsoInactive(traits)}`;
    for await (const record of connector.query(query, { signal })) {
      const name = nameOf(field, record[field]);
      found.set(name, [...(found.get(name) ?? []), record]);
    }
  }
  return ({ id, externalId }) =>
    found.get(nameOf(id === undefined ? (externalId?.field ?? "") : "Id", id ?? externalId?.value)) ?? [];
}

/** Intuit compares text without regard to case. */
function nameOf(field: string, value: unknown): string {
  return `${field} ${String(value).toLowerCase()}`;
}

/** Queries of a list leave out what is inactive, unless they name it. */
function alsoInactive({ kind }: EntityTraits): string {
  return kind === "list" ? " and Active in (true, false)" : "";
}

import { type ConflictPolicy, isConnectorError, type RecordWrite } from "@isthmus/core";
import { fieldPattern, recordIdPattern } from "../names.js";
import type { SalesforceRecord } from "../records.js";
import type { SalesforceConnector } from "../salesforce-connector.js";
import { soql, soqlIdentifier } from "../soql.js";
import { fieldsOf, needsLookup } from "./plan.js";

/** What each record that is to be written finds; a record that is not there finds nothing. */
export type Finds = (write: RecordWrite) => readonly SalesforceRecord[];

/** External ids of one query: the whole query is part of an address. */
const queryCharacters = 4_000;

/**
 * Reads what the organisation has of the records that are compared before they are written.
 *
 * @throws {ConnectorError} what the vendor's failure maps to. Nothing was written.
 */
export async function lookUp(
  connector: SalesforceConnector,
  sobject: string,
  writes: readonly RecordWrite[],
  { policy, signal }: { readonly policy: ConflictPolicy; readonly signal: AbortSignal },
): Promise<Finds> {
  const wanted = writes.filter((write) => needsLookup(write, policy));
  const names = new Set(
    wanted.flatMap((write) => Object.keys(fieldsOf(write))).filter((name) => fieldPattern.test(name)),
  );
  const read = async (fields: readonly string[]) => {
    const byId = await readByIds(connector, sobject, wanted, fields, signal);
    const byExternalId = await readByExternalIds(connector, sobject, wanted, fields, signal);
    return new Map([...byId, ...byExternalId]);
  };
  const own = ["Id", "SystemModstamp"];
  let found: Map<string, readonly SalesforceRecord[]>;
  try {
    found = await read([...new Set([...own, ...names])]);
  } catch (error) {
    // A field that there is not, or that may not be read, is told of the record that names it, when it is written.
    if (names.size === 0 || !isConnectorError(error) || error.code !== "VENDOR_REJECTED") throw error;
    found = await read(own);
  }
  return (write) => found.get(nameOf(write)) ?? [];
}

/** By the first 15 characters: an id of 18 has the same ones and a checksum. */
function nameOf({ id, externalId }: RecordWrite): string {
  return id === undefined ? externalIdName(externalId?.field ?? "", externalId?.value ?? "") : `id ${id.slice(0, 15)}`;
}

/** Salesforce compares external ids without regard to case, unless the field says otherwise. */
function externalIdName(field: string, value: unknown): string {
  return `${field.toLowerCase()} ${String(value).toLowerCase()}`;
}

async function readByIds(
  connector: SalesforceConnector,
  sobject: string,
  writes: readonly RecordWrite[],
  fields: readonly string[],
  signal: AbortSignal,
): Promise<[string, SalesforceRecord[]][]> {
  const ids = writes.flatMap(({ id }) => (id !== undefined && recordIdPattern.test(id) ? [id] : []));
  if (ids.length === 0) return [];
  const records = await connector.collections.retrieve(sobject, ids, fields, { signal });
  return records.flatMap((record) => (record === null ? [] : [[`id ${String(record.Id).slice(0, 15)}`, [record]]]));
}

async function readByExternalIds(
  connector: SalesforceConnector,
  sobject: string,
  writes: readonly RecordWrite[],
  fields: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, SalesforceRecord[]>> {
  const found = new Map<string, SalesforceRecord[]>();
  const keys = writes.flatMap(({ id, externalId }) => (id === undefined && externalId ? [externalId] : []));
  for (const [field, ofField] of Map.groupBy(keys, (key) => key.field)) {
    if (!fieldPattern.test(field)) continue;
    for (const values of chunksOf(ofField.map(({ value }) => value))) {
      const names = [...new Set([...fields, field])];
      const query = soql`SELECT ${soqlIdentifier(...names)} FROM ${soqlIdentifier(sobject)} WHERE ${soqlIdentifier(field)} IN ${values}`;
      for await (const record of connector.query(query, { signal })) {
        const value = Object.entries(record).find(([name]) => name.toLowerCase() === field.toLowerCase())?.[1];
        const name = externalIdName(field, value);
        found.set(name, [...(found.get(name) ?? []), record]);
      }
    }
  }
  return found;
}

function chunksOf(values: readonly string[]): readonly string[][] {
  const chunks: string[][] = [];
  let room = 0;
  for (const value of values) {
    const size = encodeURIComponent(value.toWellFormed()).length + 10;
    if (size > room || chunks.length === 0) {
      chunks.push([]);
      room = queryCharacters;
    }
    chunks.at(-1)?.push(value);
    room -= size;
  }
  return chunks;
}

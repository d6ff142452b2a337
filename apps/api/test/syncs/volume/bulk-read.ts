import { type ConnectorDefinition, defineConnector, type EntityBatch, type EntityCursor } from "@isthmus/core";
import { type SalesforceConnector, salesforce } from "@isthmus/salesforce";

const batchSize = 2_000;

/** What it reads. */
export const bulkEntity = "Measurement__c";
const soql = `SELECT Id, Name, Serial__c, Value__c, Valid__c, Measured_At__c, Note__c, SystemModstamp FROM ${bulkEntity}`;

/** Salesforce, read by the rows of a bulk query: of a million records they are the quickest to be had. */
export const bulkRead: ConnectorDefinition = defineConnector({
  ...salesforce,
  type: "bulkread",
  entities: (connector: SalesforceConnector) => ({
    list: async () => [],
    describe: () => Promise.reject(new Error("Nobody asks.")),
    read: (_entity: string, cursor: EntityCursor | undefined, signal: AbortSignal) =>
      readRows(connector, Number(cursor?.round ?? 0), signal),
  }),
});

async function* readRows(
  connector: SalesforceConnector,
  round: number,
  signal: AbortSignal,
): AsyncGenerator<EntityBatch> {
  let changes: EntityBatch["changes"][number][] = [];
  const batch = () => ({ changes, cursor: { v: 1, round: round + 1 } });
  for await (const record of connector.bulk.query(soql, { signal })) {
    changes.push({
      id: String(record.Id),
      deleted: false,
      record,
      modifiedAtMs: Date.parse(String(record.SystemModstamp)),
    });
    if (changes.length < batchSize) continue;
    yield batch();
    changes = [];
  }
  yield batch();
}

import { Readable } from "node:stream";
import { createTransport } from "@isthmus/core";
import { createSalesforceConnector } from "@isthmus/salesforce";
import { connectedStore } from "../clients/connected-store.js";
import { createNumberedText, fields, makeRow, toLine } from "./rows.js";

/** Moves `total` rows one way or the other. @returns How many it saw. */
export type Contender = (origin: string, total: number) => Promise<number>;

const results = "/services/data/v60.0/jobs/query/7505e00000A1b2CAAR/results";

/** Each in a process of its own; what one does not use is not loaded there. */
export const contenders: Readonly<Record<string, Contender>> = {
  "query isthmus": async (origin, total) => {
    const salesforce = await connect(origin);
    let count = 0;
    let last: unknown;
    for await (const row of salesforce.bulk.query(`SELECT ${fields.join(", ")} FROM Measurement__c`)) {
      count += 1;
      last = row.Serial__c;
    }
    if (last !== makeRow(total - 1).Serial__c) throw new Error("The last row is another one.");
    await salesforce.close();
    return count;
  },

  "query undici + csv-parse": async (origin) => {
    const { request } = await import("undici");
    const { parse } = await import("csv-parse");
    let count = 0;
    for (let locator = "0"; locator !== "null"; ) {
      const { headers, body } = await request(`${origin}${results}?locator=${locator}`);
      for await (const _row of body.pipe(parse({ columns: true }))) count += 1;
      locator = String(headers["sforce-locator"]);
    }
    return count;
  },

  "query jsforce": async (origin) => {
    const { Connection } = await import("jsforce");
    const connection = new Connection({ instanceUrl: origin, accessToken: "x", version: "60.0" });
    let count = 0;
    const stream = await connection.bulk2.query(`SELECT ${fields.join(", ")} FROM Measurement__c`);
    await new Promise((resolve, reject) => {
      stream.on("record", () => {
        count += 1;
      });
      // It flows only for one who takes its bytes, too.
      stream.on("data", () => undefined);
      stream.on("end", resolve);
      stream.on("error", reject);
    });
    return count;
  },

  "insert isthmus, records": async (origin, total) => {
    const salesforce = await connect(origin);
    const result = await salesforce.bulk.insert("Measurement__c", readRecords(total));
    await salesforce.close();
    return result.total;
  },

  "insert isthmus, records with formatted numbers": async (origin, total) => {
    const salesforce = await connect(origin);
    const result = await salesforce.bulk.insert("Measurement__c", formatRecords(total));
    await salesforce.close();
    return result.total;
  },

  "insert isthmus, CSV": async (origin, total) => {
    const salesforce = await connect(origin);
    const result = await salesforce.bulk.insert("Measurement__c", Readable.from(makeCsv(total), { objectMode: false }));
    await salesforce.close();
    return result.total;
  },

  "insert, making the records alone": async (_origin, total) => {
    let count = 0;
    for (const _record of readRecords(total)) count += 1;
    return count;
  },

  "insert, making the records with formatted numbers alone": async (_origin, total) => {
    let count = 0;
    for (const _record of formatRecords(total)) count += 1;
    return count;
  },

  "insert, making the CSV alone": async (_origin, total) => {
    let bytes = 0;
    for (const piece of makeCsv(total)) bytes += piece.length;
    return bytes > 0 ? total : 0;
  },
};

async function connect(origin: string) {
  return createSalesforceConnector({
    clientId: "bench",
    loginUrl: origin,
    transport: createTransport({ allowedHosts: [], allowedPrivateHosts: [new URL(origin).host] }),
    tokenStore: await connectedStore({ instance_url: origin }),
  });
}

/** The records as a program has them that reads them from a database or a file: each text is made of bytes. */
function* readRecords(total: number) {
  const name = createNumberedText("Reading of machine ", 1);
  const serial = createNumberedText("SN-", 9);
  const value = createNumberedText("", 1, ".125");
  for (let index = 0; index < total; index += 1) {
    yield {
      Name: name(index % 1_000),
      Serial__c: serial(index),
      Value__c: value(index % 100_000),
      Valid__c: index % 7 === 0 ? "false" : "true",
      Measured_At__c: "2026-11-26T10:00:00.000+0000",
      Note__c: index % 10 === 0 ? 'checked by "Jörg", twice' : null,
    };
  }
}

/** The same records with texts of numbers, of which V8 keeps the last 16,384: that garbage is this program's own. */
function* formatRecords(total: number) {
  for (let index = 0; index < total; index += 1) {
    const { Id: _id, Note__c: note, ...record } = makeRow(index);
    yield { ...record, Note__c: note || null };
  }
}

function* makeCsv(total: number): Generator<Buffer> {
  yield Buffer.from(toLine(fields));
  const rows = 1_000;
  const lines = Buffer.from(
    Array.from({ length: rows }, (_unused, index) => toLine(Object.values(makeRow(index)))).join(""),
  );
  for (let index = 0; index < total; index += rows) yield lines;
}

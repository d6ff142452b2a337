import type { SalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SalesforceConnector } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";

const total = 1_000_000;
let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;

beforeAll(async () => {
  sandbox = await startSandbox({ seed: false, measurements: total, bulkPageSize: 50_000 });
  connector = await connectedTo(sandbox);
});

afterAll(async () => {
  await connector.close();
  await sandbox.close();
});

it("reads a million rows, each once and in order, through pages that are cut", async () => {
  sandbox.addFault({ pathPattern: "/results", skip: 3, cutBody: true, times: 8 });
  let count = 0;
  for await (const { Name } of connector.bulk.query("SELECT Id, Name, Serial__c, Note__c FROM Measurement__c")) {
    count += 1;
    if (Name !== `Reading ${count}`) throw new Error(`Row ${count} is ${Name}.`);
  }
  expect(count).toBe(total);
});

it("loads a million rows through uploads that are cut, and gives the result of each once", async () => {
  sandbox.addFault({ method: "PUT", pathPattern: "/batches", skip: 1, cutAfter: true, times: 2 });
  const result = await connector.bulk.insert("Measurement__c", makeRows(), { maxPartBytes: 5_000_000 });
  expect(result).toMatchObject({ ok: true, processed: total });
  expect(result.jobs.length).toBeGreaterThan(3);
  let count = 0;
  for await (const { row } of result.successfulRows()) {
    count += 1;
    if (row.Serial__c !== `SN-${count}`) throw new Error(`Row ${count} is ${row.Serial__c}.`);
  }
  expect(count).toBe(total);
});

function* makeRows() {
  for (let index = 1; index <= total; index += 1)
    yield { Name: `Machine ${index % 100}`, Serial__c: `SN-${index}`, Value__c: index };
}

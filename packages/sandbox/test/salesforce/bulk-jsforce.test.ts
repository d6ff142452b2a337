import { Readable } from "node:stream";
import jsforce from "jsforce";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { requestToken, tokensOf } from "../client.js";

let sandbox: SalesforceSandbox;
let connection: InstanceType<typeof jsforce.Connection>;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ bulkPollsUntilComplete: 1 });
  const { access_token: accessToken } = tokensOf(await requestToken(sandbox, { grant_type: "client_credentials" }));
  connection = new jsforce.Connection({ instanceUrl: sandbox.url, accessToken, version: "60.0" });
  connection.bulk2.pollInterval = 5;
});

afterAll(() => sandbox.close());

describe("plain jsforce against the Bulk API 2.0 of the sandbox", () => {
  it("loads records and tells the good from the bad", async () => {
    const results = await connection.bulk2.loadAndWaitForResults({
      object: "Account",
      operation: "insert",
      input: [
        { Name: 'Quay "9", Inc.', NumberOfEmployees: 4, Active__c: true },
        { Name: "", NumberOfEmployees: 1, Active__c: true },
        { Name: "Two\nlines", NumberOfEmployees: 5, Active__c: false },
      ],
    });
    expect(results.successfulResults).toMatchObject([
      { sf__Created: "true", Name: 'Quay "9", Inc.', NumberOfEmployees: "4" },
      { sf__Created: "true", Name: "Two\nlines", Active__c: "false" },
    ]);
    expect(results.failedResults).toMatchObject([
      {
        sf__Id: "",
        sf__Error: "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --",
        NumberOfEmployees: "1",
      },
    ]);
    expect(results.unprocessedRecords).toEqual([]);
    const found = await connection.query("SELECT Active__c FROM Account WHERE Name = 'Two\\nlines'");
    expect(found.records).toMatchObject([{ Active__c: false }]);
  });

  it("upserts from a stream of text, step by step", async () => {
    const job = connection.bulk2.createJob({
      object: "Account",
      operation: "upsert",
      externalIdFieldName: "External_Id__c",
    });
    await job.open();
    await job.uploadData(Readable.from(["External_Id__c,Name\n", "B-1,One\n", "B-2,Two\n", "B-1,Three\n"]));
    await job.close();
    await job.poll();
    expect(await job.check()).toMatchObject({
      state: "JobComplete",
      numberRecordsProcessed: 3,
      numberRecordsFailed: 0,
    });
    expect(await job.getSuccessfulResults()).toMatchObject([
      { sf__Created: "true", Name: "One" },
      { sf__Created: "true", Name: "Two" },
      { sf__Created: "false", Name: "Three" },
    ]);
    await job.delete();
    await expect(job.check()).rejects.toMatchObject({ errorCode: "NOT_FOUND" });
  });

  it("queries into records", async () => {
    const stream = await connection.bulk2.query("SELECT Id, Name, Owner.Name FROM Contact WHERE LastName LIKE 'Ż%'");
    const records = await stream.toArray();
    expect(records.length).toBeGreaterThan(0);
    expect(records[0]).toMatchObject({ Id: expect.stringMatching(/^003/), "Owner.Name": expect.any(String) });
  });

  it("hears why a job failed", async () => {
    const load = connection.bulk2.loadAndWaitForResults({
      object: "Account",
      operation: "insert",
      input: [{ Name: "N", Nonsense__c: "1" }],
    });
    await expect(load).rejects.toThrow("InvalidBatch : Field name not found : Nonsense__c");
  });
});

import { findOperation, isBinaryContent, runOperation } from "@isthmus/core";
import type { SalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SalesforceConnector } from "../src/index.js";
import { operations } from "../src/operations/index.js";
import { connectedTo, startSandbox } from "./connect.js";

let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;

beforeAll(async () => {
  sandbox = await startSandbox({ seed: false });
});

beforeEach(async () => {
  sandbox.reset();
  sandbox.configure({ skipConsent: true });
  connector = await connectedTo(sandbox);
  return () => connector.close();
});

afterAll(() => sandbox.close());

/** Runs an operation as the service does, and proves the output by the schema that is published. */
async function run(name: string, input: unknown, content?: Uint8Array): Promise<unknown> {
  const operation = findOperation(operations, name);
  const { signal } = new AbortController();
  const body = (async function* () {
    if (content) yield content;
  })();
  const call = content ? { signal, content: { mediaType: "text/plain", size: content.length, body } } : { signal };
  const output: unknown = await runOperation(connector, operation, input, call);
  if (isBinaryContent(output)) return Buffer.concat(await Array.fromAsync(output.body)).toString();
  const wire: unknown = JSON.parse(JSON.stringify(output));
  expect(operation.output.safeParse(wire).error).toBeUndefined();
  return wire;
}

describe("operations", () => {
  it("give what became of each record of a collection, errors as data", async () => {
    const records = [{ LastName: "Lee", Company: "Lee" }, { LastName: "Nobody" }];
    const output = await run("collections.create", { sobject: "Lead", records });
    expect(output).toEqual({
      results: [
        { id: expect.stringMatching(/^00Q/), created: true },
        {
          error: {
            code: "VENDOR_REJECTED",
            message: expect.stringContaining("REQUIRED_FIELD_MISSING"),
            retryable: false,
            vendorCode: "REQUIRED_FIELD_MISSING",
            fields: ["Company"],
          },
        },
      ],
    });
  });

  it("update, upsert, read and delete collections", async () => {
    const { id } = await connector.create("Account", { Name: "Acme", External_Id__c: "1" });
    await run("collections.update", { sobject: "Account", records: [{ Id: id, Phone: "1" }], concurrency: 2 });
    const records = [{ External_Id__c: "1", Industry: "Energy" }];
    await run("collections.upsert", {
      sobject: "Account",
      externalIdField: "External_Id__c",
      records,
      allOrNone: true,
    });
    const read = { sobject: "Account", ids: [id, "001000000000001AAA"], fields: ["Phone", "Industry"] };
    expect(await run("collections.retrieve", read)).toMatchObject({
      records: [{ Phone: "1", Industry: "Energy" }, null],
    });
    expect(await run("collections.delete", { ids: [id] })).toEqual({ results: [{ id }] });
    expect(await run("records.undelete", { sobject: "Account", id })).toEqual({});
  });

  it("give what became of each call of a composite request", async () => {
    const requests = [
      { referenceId: "a", method: "POST", path: "/sobjects/Account", body: { Name: "Acme" } },
      { referenceId: "c", method: "POST", path: "/sobjects/Contact", body: { AccountId: "@{a.id}" } },
    ];
    const halted = {
      results: [
        { referenceId: "a", status: 400, body: null, halted: true, error: { vendorCode: "PROCESSING_HALTED" } },
        { referenceId: "c", halted: false, error: { code: "VENDOR_REJECTED", fields: ["LastName"] } },
      ],
    };
    expect(await run("composite.send", { requests, allOrNone: true })).toMatchObject(halted);
    const graph = await run("composite.graph", { graphs: [{ graphId: "g", requests }] });
    expect(graph).toMatchObject({ graphs: [{ graphId: "g", successful: false, ...halted }] });
    const [{ referenceId: _referenceId, ...alone } = { referenceId: "" }] = requests;
    expect(await run("composite.batch", { requests: [alone] })).toMatchObject({ results: [{ status: 201 }] });
    const tree = { sobject: "Account", records: [{ Name: "A", Contacts: [{ attributes: { type: "Contact" } }] }] };
    expect(await run("composite.tree", tree)).toMatchObject({
      results: [{ halted: true }, { halted: false, error: { vendorCode: "REQUIRED_FIELD_MISSING" } }],
    });
  });

  it("find deleted records and search", async () => {
    const { id } = await connector.create("Account", { Name: "Gone" });
    await connector.delete("Account", id);
    const soql = "SELECT Id FROM Account";
    expect(await run("query", { soql })).toMatchObject({ totalSize: 0 });
    expect(await run("query", { soql, includeDeleted: true })).toMatchObject({ totalSize: 1 });
    expect(await run("search", { sosl: "FIND {Gone} RETURNING Account" })).toEqual({ records: [] });
  });

  it("take and give files", async () => {
    const { id: ParentId } = await connector.create("Account", { Name: "Acme" });
    const input = { fileName: "a.txt", sobject: "Attachment", record: { ParentId } };
    const uploaded = await run("blobs.upload", input, Buffer.from("Grüße"));
    expect(uploaded).toEqual({ id: expect.stringMatching(/^00P/) });
    expect(await run("blobs.read", { sobject: "Attachment", ...Object(uploaded), field: "Body" })).toBe("Grüße");
  });

  it.each([
    ["collections.create", { sobject: "Lead", records: [] }],
    ["collections.create", { sobject: "Lead", records: [{}], concurrency: 6 }],
    ["collections.delete", { ids: ["../x"] }],
    [
      "composite.send",
      {
        requests: Array.from({ length: 26 }, (_unused, index) => ({
          referenceId: `a${index}`,
          method: "GET",
          path: "/x",
        })),
      },
    ],
    ["composite.graph", { graphs: [] }],
    ["records.update", { sobject: "Account", id: "001000000000001AAA", record: {}, ifUnmodifiedSince: "yesterday" }],
  ])("refuse an input of %s that does not fit, and send nothing", async (name, input) => {
    await expect(run(name, input)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(sandbox.requests({ path: "/services/data" })).toEqual([]);
  });
});

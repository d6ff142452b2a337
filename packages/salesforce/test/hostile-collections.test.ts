import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSalesforceConnector, type SalesforceConnector } from "../src/index.js";
import { type StubAnswer, startStubInstance } from "./stub-instance.js";

const id = "001000000000001AAA";
const tooLarge = " ".repeat(33 * 1024 * 1024);

let answer: StubAnswer;
let stub: Awaited<ReturnType<typeof startStubInstance>>;
let connector: SalesforceConnector;

beforeEach(async () => {
  stub = await startStubInstance(() => answer);
  const allowedPrivateHosts = [new URL(stub.url).host];
  connector = createSalesforceConnector({ clientId: "id", refreshToken: "r", loginUrl: stub.url, allowedPrivateHosts });
});

afterEach(async () => {
  await connector.close();
  await stub.close();
});

const codeOf = async (results: Promise<readonly { readonly error?: { readonly code: string } }[]>) =>
  (await results)[0]?.error?.code;

describe("an answer that is too large", () => {
  beforeEach(() => {
    answer = { status: 200, body: tooLarge };
  });

  it("leaves a create unknown, of a collection, a composite request or a tree", async () => {
    const call = { referenceId: "a", method: "POST", path: "/sobjects/Account", body: {} } as const;
    expect(await codeOf(connector.collections.create("Account", [{ Name: "x" }]))).toBe("OUTCOME_UNKNOWN");
    await expect(connector.composite.send([call])).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    await expect(connector.composite.tree("Account", [{ Name: "x" }])).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
    });
    expect(stub.requests).toHaveLength(3);
  });

  it("says so where nothing can be doubled", async () => {
    expect(await codeOf(connector.collections.update("Account", [{ Id: id }]))).toBe("RESPONSE_TOO_LARGE");
    await expect(connector.collections.retrieve("Account", [id], ["Id"])).rejects.toMatchObject({
      code: "RESPONSE_TOO_LARGE",
    });
    await expect(connector.search("FIND {a}")).rejects.toMatchObject({ code: "RESPONSE_TOO_LARGE" });
  });
});

describe("a 503 that is not Salesforce's own", () => {
  it("leaves creates unknown and is not followed by a repetition, because they may have been done", async () => {
    answer = {
      status: 503,
      contentType: "text/plain",
      body: "upstream connect error or disconnect/reset before headers",
    };
    expect(await codeOf(connector.collections.create("Account", [{ Name: "x" }]))).toBe("OUTCOME_UNKNOWN");
    await expect(connector.create("Account", { Name: "x" })).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(stub.requests).toHaveLength(2);
  });
});

describe("results that make no sense", () => {
  it.each([
    ["words for results", ["yes", "no"]],
    [
      "a success that is none",
      [
        { success: "true", id },
        { success: 1, id },
      ],
    ],
    ["nested lists", [[], []]],
    [
      "ids that are none",
      [
        { success: true, id: 5, errors: [] },
        { success: true, id: {}, errors: [] },
      ],
    ],
  ])("leave creates unknown: %s", async (_name, body) => {
    answer = { status: 200, body: JSON.stringify(body) };
    const results = await connector.collections.create("Account", [{ Name: "x" }, { Name: "y" }]);
    expect(results.map(({ error }) => error?.code)).toEqual(["OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN"]);
    expect(stub.requests).toHaveLength(1);
  });

  it.each([
    ["no errors", { success: false }],
    ["errors of another kind", { success: false, errors: "no" }],
    ["an error without a code", { success: false, errors: [{ message: 5 }] }],
    ["a null error", { success: false, errors: [null] }],
  ])("are still refusals with %s", async (_name, result) => {
    answer = { status: 200, body: JSON.stringify([result]) };
    expect(await codeOf(connector.collections.create("Account", [{ Name: "x" }]))).toBe("VENDOR_REJECTED");
  });

  it("quote no value of a record in an error", async () => {
    const message = 'duplicate value found: Email "secret@example.com" of record with id: 001000000000001AAA';
    answer = {
      status: 200,
      body: JSON.stringify([
        { success: false, errors: [{ statusCode: "DUPLICATE_VALUE", message, fields: ["Email"] }] },
      ]),
    };
    const [result] = await connector.collections.create("Contact", [{ Email: "secret@example.com" }]);
    expect(result?.error).toMatchObject({ code: "CONFLICT", vendor: { fields: ["Email"] } });
    expect(JSON.stringify([result?.error, result?.error?.message])).not.toMatch(/secret|001000000000001AAA/);
  });
});

import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSalesforceConnector, type SalesforceConnector } from "../src/index.js";
import { type StubAnswer, startStubInstance } from "./stub-instance.js";

const bytes = Buffer.from("a file ".repeat(100_000));
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

const read = () => connector.blobs.read("ContentVersion", "068000000000001AAA", "VersionData");

describe("a file that something on the way has packed", () => {
  it("comes as it is at Salesforce, without a size", async () => {
    answer = { status: 200, body: gzipSync(bytes), headers: { "content-encoding": "gzip" } };
    const { body, size } = await read();
    expect((await buffer(body)).equals(bytes)).toBe(true);
    expect(size).toBeUndefined();
  });

  it("is refused where nobody here can unpack it", async () => {
    answer = { status: 200, body: "packed", headers: { "content-encoding": "br" } };
    await expect(read()).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { Caller } from "./caller.js";

let now = Date.parse("2026-03-10T10:00:00Z");
let sandbox: SalesforceSandbox;
let caller: Caller;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ skipConsent: true, seed: false, clock: () => now });
});
beforeEach(async () => {
  sandbox.reset();
  caller = await Caller.signIn(sandbox);
});
afterAll(() => sandbox.close());

const httpDate = (milliseconds: number) => new Date(milliseconds).toUTCString();

describe("describe calls", () => {
  it("are answered 304 with no body until the objects change", async () => {
    for (const path of ["/sobjects", "/sobjects/Account/describe"]) {
      const first = await caller.get(path);
      const modified = first.headers.get("last-modified") ?? "";
      expect(modified).toBe("Thu, 01 Jan 2026 00:00:00 GMT");
      const again = await caller.get(path, { "if-modified-since": modified });
      expect(again).toMatchObject({ status: 304, text: "" });
      expect((await caller.get(path, { "if-modified-since": "Wed, 31 Dec 2025 23:59:59 GMT" })).status).toBe(200);
      expect((await caller.get(path, { "if-unmodified-since": "Wed, 31 Dec 2025 23:59:59 GMT" })).status).toBe(412);
      expect((await caller.get(path, { "if-modified-since": "no date" })).status).toBe(200);
    }
    sandbox.configure({ describeChangedAtMs: Date.UTC(2026, 1, 1) });
    const since = { "if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT" };
    expect((await caller.get("/sobjects/Account/describe", since)).status).toBe(200);
  });
});

describe("a record", () => {
  it("of Account has a tag that changes with it, others do not", async () => {
    const id = await caller.create("Account", { Name: "A" });
    const path = `/sobjects/Account/${id}`;
    const etag = (await caller.get(path)).headers.get("etag") ?? "";
    expect(etag).toMatch(/^".+"$/);
    expect(await caller.get(path, { "if-none-match": etag })).toMatchObject({ status: 304, text: "" });
    expect((await caller.get(path, { "if-match": `"other", ${etag.replace(/"$/, '--gzip"')}` })).status).toBe(200);
    expect((await caller.get(path, { "if-match": '"other"' })).status).toBe(412);
    expect((await caller.patch(path, { Name: "B" }, { "if-match": etag })).status).toBe(204);
    expect((await caller.patch(path, { Name: "C" }, { "if-match": etag })).status).toBe(412);
    expect((await caller.get(path, { "if-none-match": etag })).json).toMatchObject({ Name: "B" });
    const contact = await caller.create("Contact", { LastName: "L" });
    expect((await caller.get(`/sobjects/Contact/${contact}`)).headers.get("etag")).toBeNull();
  });

  it("is not overwritten when it changed since the time the writer names", async () => {
    const id = await caller.create("Contact", { LastName: "L" });
    const path = `/sobjects/Contact/${id}`;
    const read = await caller.get(path);
    const seen = read.headers.get("last-modified") ?? "";
    expect(seen).toBe(httpDate(now));
    now += 5_000;
    expect((await caller.patch(path, { LastName: "M" }, { "if-unmodified-since": seen })).status).toBe(204);
    expect((await caller.patch(path, { LastName: "N" }, { "if-unmodified-since": seen })).status).toBe(412);
    expect((await caller.patch(path, { LastName: "N" }, { "if-unmodified-since": "never" })).status).toBe(400);
    expect((await caller.get(path, { "if-modified-since": seen })).json).toMatchObject({ LastName: "M" });
    expect((await caller.get(path, { "if-modified-since": httpDate(now) })).status).toBe(304);
  });
});

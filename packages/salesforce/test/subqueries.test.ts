import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSalesforceConnector, type SalesforceConnector, type SalesforceRecord } from "../src/index.js";
import { type SeenRequest, type StubAnswer, startStubInstance } from "./stub-instance.js";

const soql = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account";
const next = (locator: string) => `/services/data/v60.0/query/${locator}`;
const contact = (number: number) => ({ LastName: `Contact ${number}` });
const json = (value: unknown): StubAnswer => ({ status: 200, body: JSON.stringify(value) });
const accounts = (...records: object[]): StubAnswer => json({ totalSize: records.length, done: true, records });
const refused = (status: number, errorCode: string): StubAnswer => ({
  status,
  body: JSON.stringify([{ errorCode, message: "no" }]),
});

let pages: Record<string, StubAnswer>;
let stub: Awaited<ReturnType<typeof startStubInstance>>;
let connector: SalesforceConnector;

beforeEach(async () => {
  const answer = ({ url }: SeenRequest) =>
    (url.includes("?q=") ? pages.first : pages[url]) ?? refused(404, "NOT_FOUND");
  stub = await startStubInstance(answer);
  const allowedPrivateHosts = [new URL(stub.url).host];
  connector = createSalesforceConnector({ clientId: "id", refreshToken: "r", loginUrl: stub.url, allowedPrivateHosts });
});

afterEach(async () => {
  await connector.close();
  await stub.close();
});

const namesOf = async (records: AsyncIterable<SalesforceRecord>) =>
  (await Array.fromAsync(records)).map(({ LastName }) => LastName);
const names = (count: number) => Array.from({ length: count }, (_unused, index) => contact(index).LastName);

/** Five contacts in three pages. */
function playContacts(): object {
  pages[next("a-2")] = json({
    totalSize: 5,
    done: false,
    nextRecordsUrl: next("a-4"),
    records: [contact(2), contact(3)],
  });
  pages[next("a-4")] = json({ totalSize: 5, done: true, records: [contact(4)] });
  return { totalSize: 5, done: false, nextRecordsUrl: next("a-2"), records: [contact(0), contact(1)] };
}

beforeEach(() => {
  pages = {};
});

describe("query with a subquery", () => {
  it("hands records out with their whole lists of child records", async () => {
    pages.first = accounts({ Name: "None", Contacts: null }, { Name: "Many", Contacts: playContacts() });
    const records = await Array.fromAsync(connector.query(soql));
    expect(records).toEqual([
      { Name: "None", Contacts: null },
      { Name: "Many", Contacts: { totalSize: 5, done: true, records: [0, 1, 2, 3, 4].map(contact) } },
    ]);
    expect((await connector.queryAllRecords(soql)).records).toEqual(records);
  });

  it("completes the lists within lists", async () => {
    const inner = { totalSize: 2, done: false, nextRecordsUrl: next("inner"), records: [{ Subject: "0" }] };
    pages[next("inner")] = json({ totalSize: 2, done: true, records: [{ Subject: "1" }] });
    pages[next("outer")] = json({ totalSize: 2, done: true, records: [{ LastName: "Lee", Cases: inner }] });
    const outer = { totalSize: 2, done: false, nextRecordsUrl: next("outer"), records: [contact(0)] };
    pages.first = accounts({ Name: "Deep", Contacts: outer });
    const [record] = await Array.fromAsync(connector.query(soql));
    expect(record).toMatchObject({
      Contacts: { done: true, records: [{}, { Cases: { done: true, records: [{ Subject: "0" }, { Subject: "1" }] } }] },
    });
  });

  it("refuses a list beyond maxChildRecords before it is read, instead of shortening it", async () => {
    pages.first = accounts({ Name: "Many", Contacts: playContacts() });
    const read = Array.fromAsync(connector.query(soql, { maxChildRecords: 4 }));
    await expect(read).rejects.toMatchObject({
      code: "RESPONSE_TOO_LARGE",
      message: expect.stringContaining("Contacts"),
    });
    expect(stub.requests).toHaveLength(1);
    expect(await Array.fromAsync(connector.query(soql, { maxChildRecords: 5 }))).toHaveLength(1);
  });

  it("does not believe a total that is smaller than the list", async () => {
    pages[next("more")] = json({ totalSize: 1, done: true, records: [contact(1), contact(2)] });
    pages.first = accounts({
      Contacts: { totalSize: 1, done: false, nextRecordsUrl: next("more"), records: [contact(0)] },
    });
    const read = Array.fromAsync(connector.query(soql, { maxChildRecords: 2 }));
    await expect(read).rejects.toMatchObject({ code: "RESPONSE_TOO_LARGE" });
  });

  it("reads child records one by one from a list that was left as it came", async () => {
    pages.first = accounts({ Name: "Many", Contacts: playContacts() }, { Name: "None", Contacts: null });
    const [many = {}, none = {}] = await Array.fromAsync(connector.query(soql, { childRecords: "first_page" }));
    expect(many.Contacts).toMatchObject({ done: false, nextRecordsUrl: next("a-2") });
    expect(stub.requests).toHaveLength(1);
    const children = connector.children(many, "Contacts")[Symbol.asyncIterator]();
    await children.next();
    await children.next();
    expect(stub.requests).toHaveLength(1);
    expect(await children.next()).toMatchObject({ value: contact(2) });
    expect(stub.requests).toHaveLength(2);
    expect(await namesOf(connector.children(many, "Contacts"))).toEqual(names(5));
    expect(await namesOf(connector.children(none, "Contacts"))).toEqual([]);
    await expect(namesOf(connector.children(many, "Cases"))).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it.each([
    ["to another host", { totalSize: 9, done: false, nextRecordsUrl: "https://example.com/steal", records: [] }],
    ["out of the API", { totalSize: 9, done: false, nextRecordsUrl: "/services/data/../../secur/x", records: [] }],
    [
      "out of the API, encoded",
      { totalSize: 9, done: false, nextRecordsUrl: "/services/data/v60.0/%2E./x", records: [] },
    ],
    ["to another resource", { totalSize: 9, done: false, nextRecordsUrl: "/secur/x", records: [] }],
    ["nowhere", { totalSize: 9, done: false, records: [] }],
    ["to what is no record", { totalSize: 1, done: true, records: ["text"] }],
  ])("carries the token to no list that leads %s", async (_name, list) => {
    pages.first = accounts({ Contacts: list });
    await expect(Array.fromAsync(connector.query(soql))).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
    const [record = {}] = await Array.fromAsync(connector.query(soql, { childRecords: "first_page" }));
    await expect(namesOf(connector.children(record, "Contacts"))).rejects.toMatchObject({
      code: "UNEXPECTED_RESPONSE",
    });
    expect(stub.requests).toHaveLength(2);
  });

  it("does not read lists for ever that lead back", async () => {
    const list = { totalSize: 9, done: false, nextRecordsUrl: next("back"), records: [contact(0)] };
    pages[next("back")] = json(list);
    pages.first = accounts({ Contacts: list });
    await expect(Array.fromAsync(connector.query(soql))).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });

  it("tells when the pages have expired at Salesforce", async () => {
    const expired = refused(400, "INVALID_QUERY_LOCATOR");
    pages[next("a-2")] = expired;
    pages.first = accounts({ Contacts: { totalSize: 9, done: false, nextRecordsUrl: next("a-2"), records: [] } });
    await expect(Array.fromAsync(connector.query(soql))).rejects.toMatchObject({
      code: "VENDOR_REJECTED",
      message: expect.stringContaining("expired"),
      vendor: { code: "INVALID_QUERY_LOCATOR" },
    });
  });

  it("leaves addresses and parents as they are", async () => {
    const record = { BillingAddress: { city: "Bonn" }, Owner: { Name: "Kim" }, Contacts: null };
    pages.first = accounts(record);
    expect(await Array.fromAsync(connector.query(soql))).toEqual([record]);
  });
});

describe("search", () => {
  it("sends the search and gives the records", async () => {
    pages["/services/data/v60.0/search?q=FIND%20%7Ba%7D"] = json({ searchRecords: [{ attributes: { type: "Lead" } }] });
    pages.first = json({ searchRecords: [{ attributes: { type: "Lead" } }] });
    expect(await connector.search("FIND {a}")).toEqual([{ attributes: { type: "Lead" } }]);
    expect(stub.requests[0]?.url).toBe("/services/data/v60.0/search?q=FIND%20%7Ba%7D");
  });

  it.each([
    ["a list", []],
    ["no records", { searchRecords: ["text"] }],
  ])("refuses an answer that is %s", async (_name, body) => {
    pages.first = json(body);
    await expect(connector.search("FIND {a}")).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });
});

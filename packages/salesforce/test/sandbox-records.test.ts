import { createHash } from "node:crypto";
import type { BinaryContent } from "@isthmus/core";
import type { SalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MultipleMatchesError, type SalesforceConnector, soql, sosl } from "../src/index.js";
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

const soapPath = "/services/Soap/u/60.0";

describe("undelete at the sandbox", () => {
  it("takes a record out of the recycle bin, and leaves one that is not there as it is", async () => {
    const { id } = await connector.create("Account", { Name: "Back" });
    await connector.delete("Account", id);
    await connector.undelete("Account", id);
    expect(await connector.retrieve("Account", id, ["Name"])).toMatchObject({ Name: "Back" });
    await connector.undelete("Account", id);
  });

  it("is repeated after a lost answer", async () => {
    const { id } = await connector.create("Account", { Name: "Back" });
    await connector.delete("Account", id);
    sandbox.addFault({ path: soapPath, cutAfter: true });
    await connector.undelete("Account", id);
    expect(sandbox.requests({ path: soapPath })).toHaveLength(2);
    expect(await connector.count("Account")).toBe(1);
  });

  it("renews a session that ended", async () => {
    const { id } = await connector.create("Account", { Name: "Back" });
    await connector.delete("Account", id);
    sandbox.expireAccessTokens();
    await connector.undelete("Account", id);
    expect(await connector.count("Account")).toBe(1);
  });

  it("reports a record that never was", async () => {
    await expect(connector.undelete("Account", "001000000000001AAA")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("records at the sandbox", () => {
  it("names the records that an external id matches", async () => {
    const keyed = ["One", "Two"].map((LastName) => ({ LastName, Legacy_Key__c: "same" }));
    const created = await connector.collections.create("Contact", keyed);
    const failure: unknown = await connector
      .upsert("Contact", "Legacy_Key__c", "same", { FirstName: "Which" })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MultipleMatchesError);
    expect(failure).toMatchObject({ code: "CONFLICT", matches: created.map(({ id }) => id) });
  });

  it("changes a record only if nobody has since", async () => {
    const { id } = await connector.create("Account", { Name: "First" });
    const { SystemModstamp } = await connector.retrieve("Account", id, ["SystemModstamp"]);
    await connector.update("Account", id, { Name: "Second" }, { ifUnmodifiedSince: String(SystemModstamp) });
    const late = connector.update(
      "Account",
      id,
      { Name: "Lost" },
      { ifUnmodifiedSince: new Date(Date.now() - 60_000) },
    );
    await expect(late).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await connector.retrieve("Account", id, ["Name"])).toMatchObject({ Name: "Second" });
  });

  it("writes a parent by its external id, and reads a field of the parent", async () => {
    await connector.create("Account", { Name: "Parent", External_Id__c: "a/b" });
    const { id } = await connector.create("Contact", { LastName: "Lee", Account: { External_Id__c: "a/b" } });
    const { records } = await connector.queryAllRecords(soql`SELECT Account.Name FROM Contact WHERE Id = ${id}`);
    expect(records).toMatchObject([{ Account: { Name: "Parent" } }]);
  });
});

describe("queries at the sandbox", () => {
  const withChildren = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account ORDER BY Name";
  const nameOf = (index: number) => `Contact ${String(index).padStart(4, "0")}`;
  const names = (count: number) => Array.from({ length: count }, (_unused, index) => nameOf(index));

  beforeEach(async () => {
    const [many, few] = await connector.collections.create("Account", [{ Name: "Many" }, { Name: "Few" }]);
    const contacts = (AccountId: string | undefined, count: number) =>
      names(count).map((LastName) => ({ LastName, AccountId }));
    await connector.collections.create("Contact", [...contacts(many?.id, 450), ...contacts(few?.id, 2)]);
    sandbox.configure({ childRecordsPerPage: 200 });
    sandbox.clearRequests();
  });

  const read = async () => {
    const found: Record<string, unknown[]> = {};
    for await (const { Name, Contacts } of connector.query(withChildren)) {
      const { records } = Contacts as { records: { LastName: string }[] };
      found[String(Name)] = records.map(({ LastName }) => LastName);
    }
    return found;
  };

  it("hands every child record out, each once", async () => {
    expect(await read()).toEqual({ Few: names(2), Many: names(450) });
    expect(sandbox.requests({ path: "/services/data" })).toHaveLength(3);
  });

  const faults = [
    ["a cut connection", { cutAfter: true }],
    ["a cut body", { cutBody: true }],
    ["a busy moment", { status: 503, body: [{ errorCode: "SERVER_UNAVAILABLE", message: "Server too busy" }] }],
    ["an ended session", { status: 401, body: [{ errorCode: "INVALID_SESSION_ID", message: "Session expired" }] }],
  ] as const;

  it.each(faults)("loses and doubles nothing over %s in the middle of a list", async (_name, fault) => {
    sandbox.addFault({ pathPattern: "/query/", skip: 1, ...fault });
    expect(await read()).toEqual({ Few: names(2), Many: names(450) });
  });

  it.each(faults)("loses and doubles nothing over %s between pages", async (_name, fault) => {
    sandbox.addFault({ pathPattern: "/query/", ...fault });
    const ordered = "SELECT LastName FROM Contact ORDER BY LastName, Id";
    const found = await Array.fromAsync(connector.query(ordered, { batchSize: 200 }));
    const expected = [...names(450), ...names(2)].toSorted();
    expect(found.map(({ LastName }) => LastName)).toEqual(expected);
  });

  it("reads a list one by one that was left as it came", async () => {
    const found: unknown[] = [];
    for await (const record of connector.query(withChildren, { childRecords: "first_page" })) {
      for await (const { LastName } of connector.children(record, "Contacts")) found.push(LastName);
    }
    expect(found).toEqual([...names(2), ...names(450)]);
  });

  it("counts, with a condition too", async () => {
    expect(await connector.count("Contact")).toBe(452);
    expect(await connector.count("Account", soql`Name = ${"Few"}`)).toBe(1);
  });

  it("finds deleted records by queryAll", async () => {
    const { id } = await connector.create("Account", { Name: "Gone" });
    await connector.delete("Account", id);
    const found = await Array.fromAsync(connector.queryAll("SELECT Name, IsDeleted FROM Account ORDER BY Name"));
    expect(found.map(({ Name, IsDeleted }) => [Name, IsDeleted])).toEqual([
      ["Few", false],
      ["Gone", true],
      ["Many", false],
    ]);
  });
});

describe("searches at the sandbox", () => {
  it.each([
    ["Rock (and) Roll & Söhne", "Rock (and) Roll"],
    ['The "Quoted" {Braces}', '"Quoted" {Braces}'],
    ["Salt AND Pepper", "Salt AND Pepper"],
    ["What? Why* ~Maybe^", "Why* ~Maybe^"],
  ])("find %j by what a person typed", async (Name, typed) => {
    await connector.create("Account", { Name });
    await connector.create("Account", { Name: "Something else" });
    const found = await connector.search(sosl`FIND {${typed}} IN NAME FIELDS RETURNING Account(Id, Name)`);
    expect(found).toMatchObject([{ attributes: { type: "Account" }, Name }]);
  });

  it("find records of several objects, by conditions with values", async () => {
    await connector.create("Account", { Name: "Lee Brothers" });
    await connector.create("Contact", { LastName: "Lee" });
    await connector.create("Contact", { LastName: "Lee", FirstName: "O'Hara" });
    const found = await connector.search(
      sosl`FIND {${"Lee"}} RETURNING Account(Name), Contact(FirstName WHERE FirstName = ${"O'Hara"})`,
    );
    expect(found.map(({ attributes }) => attributes?.type)).toEqual(["Account", "Contact"]);
  });
});

describe("files at the sandbox", () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_unused, index) => (index * 31) % 256));
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
  }
  const file = (): BinaryContent => ({ mediaType: "application/pdf", size: bytes.length, body: pieces() });
  const download = async (sobject: string, id: string, field: string) =>
    Buffer.concat(await Array.fromAsync((await connector.blobs.read(sobject, id, field)).body));

  it("come back as they were uploaded", async () => {
    const account = await connector.create("Account", { Name: "Acme" });
    const record = { FirstPublishLocationId: account.id, Title: "Contract" };
    const { id } = await connector.blobs.upload(file(), { fileName: "contract.pdf", record });
    expect(await download("ContentVersion", id, "VersionData")).toEqual(bytes);
    const version = await connector.retrieve("ContentVersion", id, ["Title", "Checksum", "ContentSize"]);
    const Checksum = createHash("md5").update(bytes).digest("hex");
    expect(version).toMatchObject({ Title: "Contract", Checksum, ContentSize: bytes.length });
  });

  it("become attachments", async () => {
    const { id: ParentId } = await connector.create("Account", { Name: "Acme" });
    const options = { fileName: "a.pdf", sobject: "Attachment", record: { ParentId } } as const;
    const { id } = await connector.blobs.upload(file(), options);
    expect(await connector.retrieve("Attachment", id, ["Name", "ContentType"])).toMatchObject({
      Name: "a.pdf",
      ContentType: "application/pdf",
    });
    expect(await download("Attachment", id, "Body")).toEqual(bytes);
  });

  it.each(["cutAfter", "cutBefore"] as const)("are sent once with %s, and nobody knows", async (cut) => {
    const path = "/services/data/v60.0/sobjects/ContentVersion";
    sandbox.addFault({ path, [cut]: true });
    await expect(connector.blobs.upload(file(), { fileName: "once.pdf" })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
    });
    expect(sandbox.requests({ path })).toHaveLength(1);
    expect(await connector.count("ContentVersion")).toBe(cut === "cutAfter" ? 1 : 0);
  });

  it("fail at the reader when a download is cut", async () => {
    const { id } = await connector.blobs.upload(file(), { fileName: "a.pdf" });
    sandbox.addFault({ pathPattern: "VersionData", cutBody: true });
    await expect(download("ContentVersion", id, "VersionData")).rejects.toMatchObject({ code: "RESPONSE_CUT" });
  });
});

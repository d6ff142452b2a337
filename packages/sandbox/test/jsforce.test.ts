import jsforce from "jsforce";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../src/index.js";
import { redirectUri, send } from "./client.js";

let sandbox: SalesforceSandbox;
let connection: InstanceType<typeof jsforce.Connection>;

/** Plain jsforce, told nothing but where to find "Salesforce". */
async function connect(): Promise<InstanceType<typeof jsforce.Connection>> {
  const oauth2 = new jsforce.OAuth2({
    loginUrl: sandbox.url,
    clientId: sandbox.client.id,
    clientSecret: sandbox.client.secret,
    redirectUri,
    useVerifier: true,
  });
  const made = new jsforce.Connection({ oauth2, version: "60.0" });
  const answer = await send(oauth2.getAuthorizationUrl({ state: "s-1" }));
  const target = new URL(answer.headers.get("location") ?? "");
  await made.authorize(target.searchParams.get("code") ?? "");
  return made;
}

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ skipConsent: true });
  connection = await connect();
});

afterAll(() => sandbox.close());

describe("plain jsforce against the sandbox", () => {
  it("reads the identity of the person who allowed it", async () => {
    const identity = await connection.identity();
    expect(identity).toMatchObject({ username: sandbox.username, display_name: "Ada Lindqvist" });
    expect(identity.organization_id).toMatch(/^00D\w{15}$/);
    expect(connection.userInfo).toMatchObject({ id: identity.user_id, organizationId: identity.organization_id });
  });

  it("creates, reads, changes, queries and deletes a record", async () => {
    const created = await connection.sobject("Account").create({ Name: "Kőrösi & Fiai", NumberOfEmployees: 12 });
    expect(created).toMatchObject({ success: true, errors: [] });
    const id = created.id ?? "";
    const record = await connection.sobject("Account").retrieve(id);
    expect(record).toMatchObject({ Name: "Kőrösi & Fiai", NumberOfEmployees: 12 });
    await connection.sobject("Account").update({ Id: id, NumberOfEmployees: 13 });
    const found = await connection.query(
      "SELECT Id, NumberOfEmployees, Owner.Name FROM Account WHERE Name = 'kőrösi & fiai'",
    );
    expect(found.records).toMatchObject([{ Id: id, NumberOfEmployees: 13, Owner: { Name: "Ada Lindqvist" } }]);
    await connection.sobject("Account").destroy(id);
    await expect(connection.sobject("Account").retrieve(id)).rejects.toMatchObject({ errorCode: "ENTITY_IS_DELETED" });
  });

  it("upserts by an external id", async () => {
    const upsert = (Name: string) =>
      connection.sobject("Account").upsert({ External_Id__c: "J-1", Name }, "External_Id__c");
    expect(await upsert("One")).toMatchObject({ success: true, created: true });
    expect(await upsert("Two")).toMatchObject({ success: true, created: false });
  });

  it("finds records by its own query builder", async () => {
    const found = await connection
      .sobject("Contact")
      .find({ LastName: { $like: "Ż%" }, "Account.BillingCountry": "Poland" }, "Id, LastName, Account.Name")
      .sort({ LastName: 1 })
      .limit(3);
    expect(found).toHaveLength(3);
    expect(found[0]).toMatchObject({ LastName: "Żółkiewska" });
  });

  it("fetches every page of a long result", async () => {
    const soql = "SELECT Id FROM Invoice__c";
    const first = await connection.query(soql);
    expect(first).toMatchObject({ totalSize: 2640, done: false });
    expect(first.nextRecordsUrl).toMatch(/\/services\/data\/v60\.0\/query\/01g\w{15}-2000$/);
    const second = await connection.queryMore(first.nextRecordsUrl ?? "");
    expect(second).toMatchObject({ totalSize: 2640, done: true });
    const ids = new Set([...first.records, ...second.records].map(({ Id }) => Id));
    expect(ids.size).toBe(2640);
    sandbox.clearRequests();
    const all = await connection.query(soql, {
      autoFetch: true,
      maxFetch: 5_000,
      headers: { "Sforce-Query-Options": "batchSize=500" },
    });
    expect(all.records).toHaveLength(2640);
    expect(sandbox.requests({ path: "/services/data/v60.0/query/01g" })).toHaveLength(5);
    await expect(connection.queryMore("01g000000000000AAA-2000")).rejects.toMatchObject({
      errorCode: "INVALID_QUERY_LOCATOR",
    });
  });

  it("describes objects and reads limits", async () => {
    const meta = await connection.sobject("Invoice__c").describe();
    expect(meta).toMatchObject({ name: "Invoice__c", keyPrefix: "a00", custom: true, createable: true });
    expect(meta.fields.find(({ name }) => name === "ERP_Number__c")).toMatchObject({ externalId: true, unique: true });
    expect((await connection.describeGlobal()).sobjects.map(({ name }) => name)).toContain("Opportunity");
    const limits = await connection.limits();
    expect(limits.DailyApiRequests?.Max).toBe(5_000_000);
    expect(connection.limitInfo?.apiUsage?.limit).toBe(5_000_000);
  });

  it("creates, updates, upserts, reads and deletes many at once, each with a result of its own", async () => {
    const accounts = connection.sobject("Account");
    const made = await accounts.create([{ Name: "Many 1" }, { Phone: "1" }, { Name: "Many 3" }]);
    expect(made).toMatchObject([
      { success: true },
      { success: false, errors: [{ statusCode: "REQUIRED_FIELD_MISSING", fields: ["Name"] }] },
      { success: true },
    ]);
    const ids = made.flatMap(({ id }) => (id === undefined ? [] : [id]));
    expect(await accounts.update(ids.map((Id) => ({ Id, Phone: "2" })))).toMatchObject([
      { success: true },
      { success: true },
    ]);
    const keyed = [
      { External_Id__c: "M-1", Name: "Upserted" },
      { External_Id__c: "M-2", Name: "Upserted" },
    ];
    expect(await accounts.upsert(keyed, "External_Id__c")).toMatchObject([{ created: true }, { created: true }]);
    expect(await accounts.upsert(keyed, "External_Id__c")).toMatchObject([{ created: false }, { created: false }]);
    const read = await accounts.retrieve([...ids, "001gL0000000000AAA"]);
    expect(read).toMatchObject([{ Name: "Many 1", Phone: "2" }, { Name: "Many 3", Phone: "2" }, null]);
    const strict = await accounts.create([{ Name: "None" }, {}], { allOrNone: true });
    expect(strict).toMatchObject([
      { errors: [{ statusCode: "ALL_OR_NONE_OPERATION_ROLLED_BACK" }] },
      { success: false },
    ]);
    expect(await accounts.destroy(ids)).toMatchObject([{ id: ids[0], success: true }, { success: true }]);
    sandbox.clearRequests();
    const more = Array.from({ length: 201 }, (_unused, at) => ({ Name: `More ${at}` }));
    const results = await accounts.create(more, { allowRecursive: true });
    expect(results.filter(({ success }) => success)).toHaveLength(201);
    expect(sandbox.requests({ path: "/services/data/v60.0/composite/sobjects" })).toHaveLength(2);
    await expect(accounts.create(more)).rejects.toMatchObject({ errorCode: "EXCEEDED_ID_LIMIT" });
  });

  it("sends composite requests", async () => {
    const compositeRequest = [
      {
        method: "POST",
        url: "/services/data/v60.0/sobjects/Account",
        referenceId: "made",
        body: { Name: "Composite" },
      },
      { method: "GET", url: "/services/data/v60.0/sobjects/Account/@{made.id}?fields=Name", referenceId: "read" },
    ];
    const answer = await connection.requestPost("/composite", { allOrNone: true, compositeRequest });
    expect(answer).toMatchObject({ compositeResponse: [{ httpStatusCode: 201 }, { body: { Name: "Composite" } }] });
  });

  it("searches", async () => {
    await connection.sobject("Lead").create({ LastName: "Zebrowski", Company: "Searched" });
    const { searchRecords } = await connection.search("FIND {zebrow*} IN NAME FIELDS RETURNING Lead(Id, Company)");
    expect(searchRecords).toMatchObject([{ attributes: { type: "Lead" }, Company: "Searched" }]);
    await expect(connection.search("FIND zebrowski")).rejects.toMatchObject({ errorCode: "MALFORMED_SEARCH" });
  });

  it("brings deleted records back by SOAP", async () => {
    const { id = "" } = await connection.sobject("Account").create({ Name: "Back" });
    await connection.sobject("Account").destroy(id);
    expect(await connection.soap.undelete([id])).toMatchObject([{ id, success: true }]);
    expect(await connection.sobject("Account").retrieve(id)).toMatchObject({ Name: "Back", IsDeleted: false });
    const [again] = await connection.soap.undelete([id]);
    expect(again).toMatchObject({ success: false, errors: [{ statusCode: "UNDELETE_FAILED" }] });
    const { timestamp } = await connection.soap.getServerTimestamp();
    expect(Math.abs(Date.parse(timestamp) - Date.now())).toBeLessThan(60_000);
    expect(await connection.soap.getUserInfo()).toMatchObject({
      userName: sandbox.username,
      userFullName: "Ada Lindqvist",
    });
  });

  it("refreshes by itself when SOAP says that the session is over", async () => {
    const own = await connect();
    const before = own.accessToken;
    sandbox.expireAccessTokens();
    expect(await own.soap.getUserInfo()).toMatchObject({ userName: sandbox.username });
    expect(own.accessToken).not.toBe(before);
  });

  it("asks what was recent, changed and deleted", async () => {
    const accounts = connection.sobject("Account");
    const { id = "" } = await accounts.create({ Name: "Recent" });
    const { id: gone = "" } = await accounts.create({ Name: "Gone" });
    await accounts.destroy(gone);
    const [start, end] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 60_000)];
    expect((await accounts.updated(start, end)).ids).toContain(id);
    expect((await accounts.deleted(start, end)).deletedRecords.map((deleted) => deleted.id)).toContain(gone);
    expect(await accounts.recent()).toMatchObject(expect.arrayContaining([expect.objectContaining({ Id: id })]));
    expect(await connection.recent(3)).toHaveLength(3);
  });

  it("reads the bytes of a file as a stream", async () => {
    const content = Buffer.from("Ærø\r\n\u0000 bytes");
    const { id = "" } = await connection.sobject("ContentVersion").create({
      PathOnClient: "a.bin",
      VersionData: content.toString("base64"),
    });
    const chunks: Buffer[] = [];
    for await (const chunk of connection.sobject("ContentVersion").record(id).blob("VersionData")) {
      chunks.push(Buffer.from(chunk));
    }
    expect(Buffer.concat(chunks)).toEqual(content);
  });

  it("understands the errors", async () => {
    await expect(connection.query("SELECT Id FROM Nothing")).rejects.toMatchObject({ errorCode: "INVALID_TYPE" });
    await expect(connection.sobject("Account").create({ Phone: "1" })).rejects.toMatchObject({
      errorCode: "REQUIRED_FIELD_MISSING",
      message: "Required fields are missing: [Name]",
    });
  });

  it("refreshes by itself when its access token has run out", async () => {
    const own = await connect();
    const before = own.accessToken;
    sandbox.expireAccessTokens();
    expect((await own.query("SELECT COUNT() FROM User")).totalSize).toBe(7);
    expect(own.accessToken).not.toBe(before);
  });

  it("revokes what it was given", async () => {
    const own = await connect();
    await own.logout(true);
    const other = new jsforce.Connection({ instanceUrl: sandbox.url, accessToken: "gone", version: "60.0" });
    await expect(other.query("SELECT Id FROM User")).rejects.toMatchObject({ errorCode: "INVALID_SESSION_ID" });
  });
});

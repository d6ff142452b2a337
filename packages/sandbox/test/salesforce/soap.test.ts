import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { type Answer, send } from "../client.js";
import { Caller } from "./caller.js";

let sandbox: SalesforceSandbox;
let caller: Caller;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ skipConsent: true, seed: false });
});
beforeEach(async () => {
  sandbox.reset();
  caller = await Caller.signIn(sandbox);
});
afterAll(() => sandbox.close());

function soap(body: string, options: { sessionId?: string; version?: string; header?: string } = {}): Promise<Answer> {
  const envelope = `<?xml version="1.0" encoding="utf-8"?>
<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/" xmlns:p="urn:partner.soap.sforce.com">
  <env:Header><p:SessionHeader><p:sessionId>${options.sessionId ?? caller.token}</p:sessionId></p:SessionHeader>${options.header ?? ""}</env:Header>
  <env:Body>${body}</env:Body>
</env:Envelope>`;
  return send(`${sandbox.url}/services/Soap/u/${options.version ?? "60.0"}`, {
    method: "POST",
    headers: { "content-type": "text/xml; charset=UTF-8", soapaction: '""' },
    body: envelope,
  });
}

const undelete = (...ids: string[]) => `<p:undelete>${ids.map((id) => `<p:ids>${id}</p:ids>`).join("")}</p:undelete>`;

describe("undelete", () => {
  it("brings back a record, what went with it, and the references that became empty", async () => {
    const id = await caller.create("Account", { Name: "Back", External_Id__c: "B-1" });
    await caller.create("Contact", { LastName: "Along", AccountId: id });
    await caller.create("Account", { Name: "Child", ParentId: id });
    await caller.delete(`/sobjects/Account/${id}`);
    expect(await caller.count("Contact")).toBe(0);
    expect(await caller.count(`Account WHERE ParentId = '${id}'`)).toBe(0);
    const answer = await soap(undelete(id));
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(`<result><id>${id}</id><success>true</success></result>`);
    expect((await caller.get("/sobjects/Account/External_Id__c/B-1")).json).toMatchObject({ Id: id, IsDeleted: false });
    expect(await caller.count("Contact WHERE Account.Name = 'Back'")).toBe(1);
    expect(await caller.count(`Account WHERE ParentId = '${id}'`)).toBe(1);
  });

  it("fails where another record has its unique value by now", async () => {
    const id = await caller.create("Account", { Name: "Old", External_Id__c: "U-1" });
    await caller.delete(`/sobjects/Account/${id}`);
    await caller.create("Account", { Name: "New", External_Id__c: "U-1" });
    expect((await soap(undelete(id))).text).toContain("<statusCode>DUPLICATE_VALUE</statusCode>");
  });

  it("tells for each record whether it could, and does none when all or none was asked for", async () => {
    const id = await caller.create("Account", { Name: "Back" });
    await caller.create("Contact", { LastName: "Along", AccountId: id });
    const alive = await caller.create("Account", { Name: "Alive" });
    await caller.delete(`/sobjects/Account/${id}`);
    const header = "<p:AllOrNoneHeader><p:allOrNone>true</p:allOrNone></p:AllOrNoneHeader>";
    const none = await soap(undelete(id, alive), { header });
    expect(none.text).toContain("<statusCode>ALL_OR_NONE_OPERATION_ROLLED_BACK</statusCode>");
    expect(none.text).toContain("<statusCode>UNDELETE_FAILED</statusCode>");
    expect(await caller.count("Account")).toBe(1);
    const some = await soap(undelete(alive, id, "bad"));
    expect(some.text.match(/<success>(true|false)/g)).toEqual(["<success>false", "<success>true", "<success>false"]);
    expect(await caller.count("Account")).toBe(2);
    expect(await caller.count("Contact")).toBe(1);
  });
});

describe("the other SOAP calls", () => {
  it("tell the time and who is signed in", async () => {
    const time = await soap("<p:getServerTimestamp/>");
    const timestamp = /<timestamp>(.+?)<\/timestamp>/.exec(time.text)?.[1] ?? "";
    expect(Math.abs(Date.parse(timestamp) - Date.now())).toBeLessThan(60_000);
    const info = await soap("<p:getUserInfo/>");
    expect(info.text).toContain(`<userName>${sandbox.username}</userName>`);
    expect(info.text).toMatch(/<organizationId>00D\w{15}<\/organizationId>/);
    expect(info.text).toMatch(/<current>\d+<\/current><limit>5000000<\/limit><type>API REQUESTS<\/type>/);
  });

  it("fail with 500 and a fault in Salesforce's namespace", async () => {
    const bad = await soap("<p:getUserInfo/>", { sessionId: "wrong" });
    expect(bad.status).toBe(500);
    expect(bad.headers.get("content-type")).toMatch(/^text\/xml/);
    expect(bad.text).toContain("<faultcode>sf:INVALID_SESSION_ID</faultcode>");
    expect(bad.text).toContain("<sf:exceptionCode>INVALID_SESSION_ID</sf:exceptionCode>");
    expect((await soap("<p:getUserInfo/>", { version: "30.0" })).text).toContain("sf:UNSUPPORTED_API_VERSION");
    expect((await soap("<p:nothing/>")).text).toContain("<faultcode>soapenv:Client</faultcode>");
    expect((await soap("<p:broken>")).status).toBe(500);
    expect((await soap(undelete(...Array.from({ length: 201 }, () => "001")))).text).toContain("sf:EXCEEDED_ID_LIMIT");
    sandbox.configure({ dailyApiRequests: 1 });
    expect((await soap("<p:getUserInfo/>")).text).toContain("sf:REQUEST_LIMIT_EXCEEDED");
  });
});

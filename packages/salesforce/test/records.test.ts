import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSalesforceConnector, MultipleMatchesError, type SalesforceConnector } from "../src/index.js";
import { type SeenRequest, type StubAnswer, startStubInstance } from "./stub-instance.js";

const id = "001000000000001AAA";
const soap = (content: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><soapenv:Body>${content}</soapenv:Body></soapenv:Envelope>`;
const undeleted = soap(`<undeleteResponse><result><id>${id}</id><success>true</success></result></undeleteResponse>`);
const notUndeleted = (code: string): string =>
  soap(
    `<undeleteResponse><result><errors><message>no</message><statusCode>${code}</statusCode></errors><id xsi:nil="true"/><success>false</success></result></undeleteResponse>`,
  );
const sessionFault = soap(
  "<soapenv:Fault><faultcode>sf:INVALID_SESSION_ID</faultcode><faultstring>INVALID_SESSION_ID: Invalid Session ID found in SessionHeader</faultstring></soapenv:Fault>",
);
const xml = (status: number, body: string): StubAnswer => ({ status, contentType: "text/xml", body });

let respond: (request: SeenRequest) => StubAnswer;
let token: (count: number) => string;
let stub: Awaited<ReturnType<typeof startStubInstance>>;
let connector: SalesforceConnector;

beforeEach(async () => {
  token = (count) => `00D000000000001!session.${count}<&`;
  stub = await startStubInstance(
    (request) => respond(request),
    (count) => ({ access_token: token(count) }),
  );
  const allowedPrivateHosts = [new URL(stub.url).host];
  connector = createSalesforceConnector({ clientId: "id", refreshToken: "r", loginUrl: stub.url, allowedPrivateHosts });
});

afterEach(async () => {
  await connector.close();
  await stub.close();
});

describe("undelete", () => {
  it("calls the partner API with the session in the SOAP header, escaped", async () => {
    respond = () => xml(200, undeleted);
    await connector.undelete("Account", id);
    expect(stub.requests).toHaveLength(1);
    expect(stub.requests[0]).toMatchObject({ method: "POST", url: "/services/Soap/u/60.0" });
    expect(stub.requests[0]?.headers).toMatchObject({ "content-type": "text/xml; charset=UTF-8", soapaction: '""' });
    expect(stub.requests[0]?.body).toContain("<urn:sessionId>00D000000000001!session.1&lt;&amp;</urn:sessionId>");
    expect(stub.requests[0]?.body).toContain(`<urn:undelete><urn:ids>${id}</urn:ids></urn:undelete>`);
  });

  it("goes to v68.0 with a token that is a JSON Web Token, which older versions refuse", async () => {
    token = () => "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
    respond = () => xml(200, undeleted);
    await connector.undelete("Account", id);
    expect(stub.requests[0]?.url).toBe("/services/Soap/u/68.0");
  });

  it("renews a session that has ended, once", async () => {
    respond = ({ body }) => (body.includes("session.1") ? xml(500, sessionFault) : xml(200, undeleted));
    await connector.undelete("Account", id);
    expect(stub.requests.at(-1)?.body).toContain("session.2");
  });

  it("reports a session that stays refused without a token in the error", async () => {
    respond = () => xml(500, sessionFault);
    const failure: unknown = await connector.undelete("Account", id).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "AUTHENTICATION_FAILED", vendor: { code: "INVALID_SESSION_ID" } });
    expect(`${JSON.stringify(failure)} ${String(failure)}`).not.toContain("session.");
  });

  it("takes a record that is not deleted for undeleted, as the repetition after a lost answer does", async () => {
    respond = ({ method }) =>
      method === "GET" ? { status: 200, body: JSON.stringify({ Id: id }) } : xml(200, notUndeleted("UNDELETE_FAILED"));
    await connector.undelete("Account", id);
    expect(stub.requests.at(-1)?.url).toBe(`/services/data/v60.0/sobjects/Account/${id}?fields=Id`);
  });

  it("reports NOT_FOUND when the record is not in the recycle bin either", async () => {
    respond = ({ method }) =>
      method === "GET"
        ? { status: 404, body: JSON.stringify([{ errorCode: "NOT_FOUND", message: "no" }]) }
        : xml(200, notUndeleted("UNDELETE_FAILED"));
    await expect(connector.undelete("Account", id)).rejects.toMatchObject({
      code: "NOT_FOUND",
      vendor: { code: "UNDELETE_FAILED" },
    });
  });

  it("maps what a record is refused for by the one table", async () => {
    respond = () => xml(200, notUndeleted("INSUFFICIENT_ACCESS_OR_READONLY"));
    await expect(connector.undelete("Account", id)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("takes neither a fault nor a page of somebody else's for a success", async () => {
    respond = () => xml(500, soap("<soapenv:Fault><faultcode>sf:INVALID_ID_FIELD</faultcode></soapenv:Fault>"));
    await expect(connector.undelete("Account", id)).rejects.toMatchObject({ code: "VENDOR_REJECTED" });
    respond = () => ({ status: 200, contentType: "text/html", body: "<html><success>true</success></html>" });
    await expect(connector.undelete("Account", id)).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });

  it("sends nothing for what is no id", async () => {
    await expect(connector.undelete("Account", "<id>")).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(stub.requests).toEqual([]);
  });
});

describe("upsert", () => {
  it("names the records that an external id matches", async () => {
    const other = "001000000000002AAA";
    const paths = [id, other].map((match) => `/services/data/v60.0/sobjects/Account/${match}`);
    respond = () => ({ status: 300, body: JSON.stringify(paths) });
    const failure: unknown = await connector.upsert("Account", "Key__c", "1", {}).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MultipleMatchesError);
    expect(failure).toMatchObject({ code: "CONFLICT", matches: [id, other], vendor: { status: 300 } });
  });

  it("reports several matches also where the answer does not name them", async () => {
    respond = () => ({ status: 300, body: "<html>Multiple Choices</html>" });
    await expect(connector.upsert("Account", "Key__c", "1", {})).rejects.toMatchObject({
      code: "CONFLICT",
      matches: [],
    });
  });
});

describe("update with ifUnmodifiedSince", () => {
  it("sends Salesforce's own time as an HTTP date", async () => {
    respond = () => ({ status: 204, body: "" });
    await connector.update("Account", id, { Name: "New" }, { ifUnmodifiedSince: "2026-11-26T12:00:00.000+0000" });
    expect(stub.requests[0]?.headers["if-unmodified-since"]).toBe("Thu, 26 Nov 2026 12:00:00 GMT");
  });

  it("reports CONFLICT when the record was changed meanwhile", async () => {
    respond = () => ({ status: 412, body: "" });
    const update = connector.update("Account", id, { Name: "New" }, { ifUnmodifiedSince: new Date(0) });
    await expect(update).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("is not sent again after a lost answer, because the first one would look like somebody else's change", async () => {
    respond = () => ({ status: 504, body: "" });
    const update = connector.update("Account", id, { Name: "New" }, { ifUnmodifiedSince: new Date(0) });
    await expect(update).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(stub.requests).toHaveLength(1);
  });

  it("sends nothing for what is no time", async () => {
    const update = connector.update("Account", id, {}, { ifUnmodifiedSince: "yesterday" });
    await expect(update).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(stub.requests).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { outboundMessages, readOutboundMessage } from "../../src/index.js";

const organization = "00D5g000004XyZaEAK";
const token = "a token of thirty-two characters.";
const secret = `${organization}:${token}`;

/** As Salesforce's SOAP API Developer Guide shows one ("Understanding Outbound Messaging: Notifications"), without a session. */
function message(notifications: string, organizationId = organization, head = ""): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${head}
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>${organizationId}</OrganizationId>
   <ActionId>04k5g000000TabcAAC</ActionId>
   <SessionId xsi:nil="true"/>
   <EnterpriseUrl>https://example.my.salesforce.com/services/Soap/c/60.0/00D5g000004XyZa</EnterpriseUrl>
   <PartnerUrl>https://example.my.salesforce.com/services/Soap/u/60.0/00D5g000004XyZa</PartnerUrl>
   ${notifications}
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>`;
}

function notification(id: string, fields: string, type = "sf:Contact"): string {
  return `<Notification><Id>${id}</Id>
    <sObject xsi:type="${type}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">${fields}</sObject></Notification>`;
}

const first = notification(
  "04l5g00000AbCdEAAV",
  '<sf:Id>0035g00000QwErTAAV</sf:Id><sf:LastName> Grüß &amp; "Gott" &lt;ltd&gt; </sf:LastName><sf:Email xsi:nil="true"/>',
);
const second = notification(
  "04l5g00000AbCdFAAV",
  "<sf:Id>0035g00000QwErU</sf:Id><sf:Birth__c>1999-01-31</sf:Birth__c>",
);

const verify = (body: string, secrets: readonly string[], given?: string, headers = {}) =>
  outboundMessages.verify(Buffer.from(body), headers, secrets, given === undefined ? {} : { token: given });

describe("outboundMessages", () => {
  it("takes what carries the endpoint's token and comes from its organisation", () => {
    expect(() => verify(message(first), [secret], token)).not.toThrow();
    expect(() => verify(message(first, organization.slice(0, 15)), [secret], token)).not.toThrow();
    expect(() => verify(message(first), [`${organization.slice(0, 15)}:${token}`], token)).not.toThrow();
    expect(() => verify(message(first), [secret], undefined, { "x-api-key": token })).not.toThrow();
    expect(() => verify(message(first), ["another", `${organization}:${"x".repeat(32)}`, secret], token)).not.toThrow();
  });

  it.each([
    ["no secret", [], token],
    ["no token", [secret], undefined],
    ["another token", [secret], `${token}x`],
    ["the whole secret as a token", [secret], secret],
    ["a secret without an organisation", [token], token],
    ["a secret with a short token", [`${organization}:short`], "short"],
    ["an empty token", [`${organization}:`], ""],
    ["the token of another organisation", [`00D5g000009OtherEA0:${token}`], token],
  ])("refuses %s", (_name, secrets, given) => {
    expect(() => verify(message(first), secrets, given)).toThrow(
      expect.objectContaining({ code: "AUTHENTICATION_FAILED" }),
    );
  });

  it("says nothing of the secret in its refusal", () => {
    expect(() => verify(message(first), [secret], "wrong")).not.toThrow(new RegExp(`${token}|${organization}`));
  });

  it("tells each notification once, as an event with the record's id", () => {
    expect(outboundMessages.route(Buffer.from(message(first + second + first)), {})).toEqual([
      {
        id: "04l5g00000AbCdEAAV",
        accountId: organization,
        entity: "Contact",
        recordId: "0035g00000QwErTAAV",
        type: "04k5g000000TabcAAC",
      },
      expect.objectContaining({ id: "04l5g00000AbCdFAAV", recordId: "0035g00000QwErUAAV" }),
    ]);
  });

  it("answers what Salesforce wants to read", () => {
    const { status, contentType, body } = outboundMessages.acknowledge();
    expect([status, contentType]).toEqual([200, "text/xml; charset=utf-8"]);
    expect(body).toContain('<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>');
  });

  it.each([
    ["an entity bomb", message("&lol;", organization, '<!DOCTYPE x [<!ENTITY lol "lol">]>')],
    ["an external entity", message("&x;", organization, '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>')],
    ["nesting without end", message("<a>".repeat(50_000))],
    ["elements without end", message("<a/>".repeat(300_000))],
    ["another namespace", message(first).replace("2005/09/outbound", "2005/09/other")],
    ["no envelope", "<notifications/>"],
    ["no notification", message("")],
    ["an id that is none", message(notification("../../etc", "<sf:Id>0035g00000QwErTAAV</sf:Id>"))],
    ["a record without an id", message(notification("04l5g00000AbCdEAAV", "<sf:LastName>x</sf:LastName>"))],
    [
      "an object whose name is none",
      message(notification("04l5g00000AbCdEAAV", "<sf:Id>0035g00000QwErT</sf:Id>", "a b")),
    ],
    ["JSON", "{}"],
  ])("refuses %s, and only from who has the token", (_name, body) => {
    expect(() => verify(body, [secret], "stranger")).toThrow(
      expect.objectContaining({ code: "AUTHENTICATION_FAILED" }),
    );
    expect(() => outboundMessages.route(Buffer.from(body), {})).toThrow(
      expect.objectContaining({ code: "UNEXPECTED_RESPONSE" }),
    );
  });
});

describe("readOutboundMessage", () => {
  it("reads the records with their values as they were written", () => {
    expect(readOutboundMessage(Buffer.from(message(first + second)))).toEqual({
      organizationId: organization,
      actionId: "04k5g000000TabcAAC",
      notifications: [
        {
          id: "04l5g00000AbCdEAAV",
          sobject: "Contact",
          recordId: "0035g00000QwErTAAV",
          fields: { Id: "0035g00000QwErTAAV", LastName: ' Grüß & "Gott" <ltd> ', Email: null },
        },
        {
          id: "04l5g00000AbCdFAAV",
          sobject: "Contact",
          recordId: "0035g00000QwErUAAV",
          fields: { Id: "0035g00000QwErU", Birth__c: "1999-01-31" },
        },
      ],
    });
  });
});

import { describe, expect, it } from "vitest";
import { idocInbound } from "../../src/idoc/receive/idoc-inbound.js";
import { fixture } from "./support.js";

const body = fixture("ORDERS05.xml");
const basic = (credentials: string, encoding: BufferEncoding = "utf8") => ({
  authorization: `Basic ${Buffer.from(credentials, encoding).toString("base64")}`,
});

describe("verify", () => {
  it.each([
    ["user and password", basic("idoc:p:w"), ["other:x", "idoc:p:w"]],
    ["user and password in Latin-1, as an older system sends them", basic("idoc:pä", "latin1"), ["idoc:pä"]],
    ["a bearer token", { authorization: "Bearer t0ken" }, ["t0ken"]],
    ["a token in a header", { "x-api-key": "t0ken" }, ["older", "t0ken"]],
  ])("accepts %s", (_name, headers, secrets) => {
    expect(() => idocInbound.verify(body, headers, secrets)).not.toThrow();
  });

  it.each([
    ["nothing at all", {}, ["t0ken"]],
    ["anything when there is no secret", { "x-api-key": "t0ken" }, []],
    ["an empty token against an empty secret", { "x-api-key": "" }, [""]],
    ["empty credentials against an empty secret", basic(""), [""]],
    ["another password", basic("idoc:wrong"), ["idoc:right"]],
    ["a part of the token", { "x-api-key": "t0ke" }, ["t0ken"]],
    ["the token under another scheme", { authorization: "Digest t0ken" }, ["t0ken"]],
  ])("refuses %s", (_name, headers, secrets) => {
    const refusal = expect.objectContaining({ code: "AUTHENTICATION_FAILED" });
    expect(() => idocInbound.verify(body, headers, secrets)).toThrow(refusal);
  });
});

describe("route", () => {
  it("tells of each IDoc its number, its type, and the system and client that sent it", () => {
    expect(idocInbound.route(body, {})).toEqual([
      {
        id: "S4HCLNT100/100/0000000000730001",
        accountId: "S4H/100",
        entity: "ORDERS",
        recordId: "0000000000730001",
        type: "ORDERS05",
      },
    ]);
    expect(idocInbound.route(fixture("MATMAS05.xml"), {}).map(({ recordId }) => recordId)).toEqual([
      "0000000000009022",
      "0000000000009023",
    ]);
    expect(idocInbound.route(fixture("DEBMAS07.xml"), {})[0]).toMatchObject({ type: "DEBMAS07/ZDEBMAS07" });
  });

  it("tells of an IDoc that stands twice in a document once", () => {
    const twice = fixture("MATMAS05.xml").toString().replace("9023", "9022");
    expect(idocInbound.route(Buffer.from(twice), {})).toHaveLength(1);
  });

  it("takes the port itself for the system where it is not SAP and an id", () => {
    const other = body.toString().replace("SAPS4H", "A000000042");
    expect(idocInbound.route(Buffer.from(other), {})[0]?.accountId).toBe("A000000042/100");
  });

  it.each([
    ["no IDoc", "<html/>"],
    ["an IDoc without a number", body.toString().replace(/<DOCNUM>.*<\/DOCNUM>/, "")],
    ["an IDoc without a sender", body.toString().replace(/<SNDPRN>.*<\/SNDPRN>/, "<SNDPRN> </SNDPRN>")],
    ["an entity bomb", '<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;">]><a>&m;</a>'],
  ])("refuses %s", (_name, document) => {
    expect(() => idocInbound.route(Buffer.from(document), {})).toThrow(
      expect.objectContaining({ code: "UNEXPECTED_RESPONSE" }),
    );
  });
});

describe("acknowledge", () => {
  it("says what SAP's own handler says", () => {
    expect(idocInbound.acknowledge()).toMatchObject({ status: 200, body: expect.stringContaining("inbound ok") });
  });
});

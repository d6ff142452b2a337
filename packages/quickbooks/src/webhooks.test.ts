import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { webhooks } from "./webhooks.js";

const token = "verifier-token";
const sign = (body: Buffer, secret = token) => createHmac("sha256", secret).update(body).digest("base64");
const toBody = (value: unknown) => Buffer.from(JSON.stringify(value));
const cloudEvent = (id: string, realm: string, type = "qbo.invoice.created.v1") => ({
  specversion: "1.0",
  id,
  source: "intuit.example",
  type,
  time: "2026-09-10T21:31:25Z",
  intuitentityid: "145",
  intuitaccountid: realm,
  data: {},
});

describe("verify", () => {
  const body = toBody([cloudEvent("e1", "1")]);
  const refusal = expect.objectContaining({ code: "AUTHENTICATION_FAILED" });

  it("accepts a body that any of the secrets signs", () => {
    expect(() => webhooks.verify(body, { "intuit-signature": sign(body) }, ["older", token])).not.toThrow();
  });

  it.each([
    ["without a secret", { "intuit-signature": sign(body, "") }, []],
    ["with an empty secret", { "intuit-signature": sign(body, "") }, [""]],
    ["without a signature", {}, [token]],
    ["with another's signature", { "intuit-signature": sign(body, "other") }, [token]],
    ["with a cut signature", { "intuit-signature": sign(body).slice(0, 20) }, [token]],
    ["of other bytes", { "intuit-signature": sign(Buffer.concat([body, Buffer.from(" ")])) }, [token]],
  ])("refuses a delivery %s", (_case, headers, secrets) => {
    expect(() => webhooks.verify(body, headers, secrets)).toThrowError(refusal);
  });
});

describe("route", () => {
  it("reads CloudEvents of several companies, and each event once", () => {
    const events = [
      cloudEvent("e1", "111"),
      cloudEvent("e2", "222", "qbo.billpayment.deleted.v1"),
      cloudEvent("e1", "111"),
    ];
    expect(webhooks.route(toBody(events), {})).toEqual([
      { id: "e1", accountId: "111", entity: "Invoice", recordId: "145", type: "qbo.invoice.created.v1" },
      { id: "e2", accountId: "222", entity: "BillPayment", recordId: "145", type: "qbo.billpayment.deleted.v1" },
    ]);
  });

  it("reads the form before CloudEvents, and knows a repeated event again", () => {
    const entity = { name: "Customer", id: "1", operation: "Create", lastUpdated: "2015-10-05T14:42:19-0700" };
    const notification = (realmId: string) => ({ realmId, dataChangeEvent: { entities: [entity] } });
    const body = toBody({ eventNotifications: [notification("111"), notification("222")] });
    const events = webhooks.route(body, {});
    expect(events.map(({ accountId, entity: name, recordId, type }) => [accountId, name, recordId, type])).toEqual([
      ["111", "Customer", "1", "Create"],
      ["222", "Customer", "1", "Create"],
    ]);
    expect(webhooks.route(body, {})).toEqual(events);
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
  });

  it.each(["", "<xml/>", "{}", "[{}]", '{"eventNotifications":[{}]}'])("refuses %j", (text) => {
    expect(() => webhooks.route(Buffer.from(text), {})).toThrowError(
      expect.objectContaining({ code: "UNEXPECTED_RESPONSE" }),
    );
  });
});

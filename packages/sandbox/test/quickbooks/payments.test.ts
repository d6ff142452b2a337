import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { QuickbooksSandbox } from "../../src/index.js";
import { type Answer, send } from "../client.js";
import { connect, type Fields, fieldsOf, listOf, startForTest } from "./client.js";

const card = { number: "4111111111111111", expMonth: "02", expYear: "2099", cvc: "123", name: "Ann" };
let sandbox: QuickbooksSandbox;
let accessToken: string;
let requests = 0;

beforeEach(async () => {
  sandbox = await startForTest();
  accessToken = (await connect(sandbox, { scope: "com.intuit.quickbooks.payment" })).access_token;
});
afterEach(() => sandbox.close());

const call = (path: string, body?: Fields, headers: Record<string, string> = {}): Promise<Answer> =>
  send(`${sandbox.url}/quickbooks/v4/payments${path}`, {
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json", ...headers },
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });
const post = (path: string, body: Fields, requestId = `request-${++requests}`) =>
  call(path, body, { "request-id": requestId });
const charge = async (fields: Fields = {}) =>
  fieldsOf((await post("/charges", { amount: "10.55", currency: "USD", card, ...fields })).json);
const codeOf = (answer: Answer) => `${answer.status}/${String(listOf(fieldsOf(answer.json).errors)[0]?.code)}`;

describe("a charge", () => {
  it("tells its card masked, and nothing of it whole", async () => {
    const answer = await post("/charges", { amount: "10.55", currency: "USD", card });
    expect(answer).toMatchObject({
      status: 201,
      json: { status: "CAPTURED", amount: "10.55", card: { number: "xxxxxxxxxxxx1111", cardType: "VISA" } },
    });
    expect(answer.text).not.toContain(card.number);
    expect(answer.text).not.toContain("cvc");
    expect((await call(`/charges/${fieldsOf(answer.json).id}`)).json).toEqual(answer.json);
  });

  it("takes a token once, and no other token", async () => {
    const { value } = fieldsOf((await post("/tokens", { card })).json);
    const body = { amount: "1.00", currency: "USD", token: value };
    expect((await post("/charges", body)).status).toBe(201);
    expect(codeOf(await post("/charges", body))).toBe("400/PMT-4000");
    expect(codeOf(await post("/echecks", { amount: "1.00", paymentMode: "WEB", token: "x" }))).toBe("400/PMT-4000");
  });

  it("happens once for a Request-Id, also when two arrive together", async () => {
    const body = { amount: "10.55", currency: "USD", card };
    const [first, second] = await Promise.all([post("/charges", body, "same"), post("/charges", body, "same")]);
    expect(second.json).toEqual(first.json);
  });

  it("is captured once, and for no more than was authorised", async () => {
    const { id, status } = await charge({ capture: false });
    expect(status).toBe("AUTHORIZED");
    expect(codeOf(await post(`/charges/${id}/refunds`, {}))).toBe("400/PMT-4002");
    expect(codeOf(await post(`/charges/${id}/capture`, { amount: "10.56" }))).toBe("400/PMT-5000");
    const captured = await post(`/charges/${id}/capture`, { amount: "10.00" });
    expect(captured.json).toMatchObject({ status: "CAPTURED", captureDetail: { amount: "10.00" } });
    expect(codeOf(await post(`/charges/${id}/capture`, {}))).toBe("400/PMT-4002");
    expect(codeOf(await post(`/charges/${id}/refunds`, { amount: "10.01" }))).toBe("400/PMT-4000");
  });

  it("is given back in parts that are together no more than it, to the cent", async () => {
    const { id } = await charge({ amount: "0.30" });
    const refund = fieldsOf((await post(`/charges/${id}/refunds`, { amount: "0.10" })).json);
    expect((await call(`/charges/${id}/refunds/${refund.id}`)).json).toEqual(refund);
    expect(codeOf(await post(`/charges/${id}/refunds`, { amount: "0.21" }))).toBe("400/PMT-4000");
    expect((await post(`/charges/${id}/refunds`, { amount: "0.20" })).json).toMatchObject({ status: "ISSUED" });
    expect((await call(`/charges/${id}`)).json).toMatchObject({ status: "REFUNDED", amount: "0.30" });
    expect(codeOf(await post(`/charges/${id}/refunds`, {}))).toBe("400/PMT-4000");
  });
});

describe("the Payments API refuses", () => {
  it.each([
    ["an amount of more than two places", { amount: "1.001" }],
    ["no amount at all", { amount: "0.00" }],
    ["a number without its check digit", { card: { ...card, number: "4111111111111112" } }],
    ["a card that has expired", { card: { ...card, expYear: "2019" } }],
    ["a charge without a currency", { currency: "" }],
  ])("%s", async (_case, fields) => {
    expect(codeOf(await post("/charges", { amount: "1.00", currency: "USD", card, ...fields }))).toBe("400/PMT-4000");
  });

  it("a write without a Request-Id", async () => {
    expect(codeOf(await call("/charges", { amount: "1.00", currency: "USD", card }))).toBe("400/PMT-4000");
  });

  it("a token that is unknown or has no scope for payments", async () => {
    expect((await call("/charges/E1", undefined, { authorization: "Bearer x" })).status).toBe(401);
    const { access_token } = await connect(sandbox);
    expect((await call("/charges/E1", undefined, { authorization: `Bearer ${access_token}` })).status).toBe(403);
  });

  it("the id of a payment of another kind", async () => {
    const { id } = await charge();
    expect((await call(`/echecks/${id}`)).status).toBe(404);
  });
});

it("an e-check tells its account masked, and can be given back", async () => {
  const bankAccount = { name: "Ann", accountNumber: "11000000333456781", routingNumber: "071000013" };
  const answer = await post("/echecks", { amount: "5.00", paymentMode: "WEB", bankAccount });
  expect(answer).toMatchObject({ status: 201, json: { status: "PENDING", amount: "5.00" } });
  expect(answer.text).not.toContain(bankAccount.accountNumber);
  expect((await post(`/echecks/${fieldsOf(answer.json).id}/refunds`, { amount: "2.00" })).status).toBe(201);
});

import { randomUUID } from "node:crypto";
import { MemoryTokenStore } from "@isthmus/core";
import type { QuickbooksSandbox } from "@isthmus/sandbox";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import type { QuickbooksConnector } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";

const scopes = ["com.intuit.quickbooks.accounting", "com.intuit.quickbooks.payment"];
const card = { card: { number: "4111111111111111", expMonth: "02", expYear: "2099", cvc: "123" } };
const bankAccount = { bankAccount: { name: "Ann", accountNumber: "11000000333456781", routingNumber: "071000013" } };
let sandbox: QuickbooksSandbox;
let connector: QuickbooksConnector;
let tokenStore: MemoryTokenStore;

beforeEach(async () => {
  sandbox = await startSandbox();
  tokenStore = new MemoryTokenStore();
  connector = await connectedTo(sandbox, { scopes, tokenStore });
});
afterEach(async () => {
  await connector.close();
  await sandbox.close();
});

/** What the payer's browser does at Intuit: the connector never sees a number. */
async function tokenOf(instrument: object): Promise<string> {
  const { tokens } = await tokenStore.load();
  const response = await fetch(`${sandbox.url}/quickbooks/v4/payments/tokens`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${tokens?.accessToken}`,
      "content-type": "application/json",
      "request-id": randomUUID(),
    },
    body: JSON.stringify(instrument),
  });
  return z.object({ value: z.string() }).parse(await response.json()).value;
}

it("charges a card at once", async () => {
  const charged = await connector.payments.createCharge({ amount: "10.55", token: await tokenOf(card) });
  expect(charged).toMatchObject({ status: "CAPTURED", amount: "10.55", card: { number: "xxxxxxxxxxxx1111" } });
  expect(await connector.payments.readCharge(charged.id)).toEqual(charged);
});

it("authorises an amount and takes a part of it later", async () => {
  const { id, status } = await connector.payments.createCharge({
    amount: "10.55",
    token: await tokenOf(card),
    capture: false,
  });
  expect(status).toBe("AUTHORIZED");
  expect(await connector.payments.captureCharge(id, { amount: "10.00" })).toMatchObject({
    status: "CAPTURED",
    captureDetail: { amount: "10.00" },
  });
});

it("gives a part back, and says with Intuit's code that more than the rest is refused", async () => {
  const { payments } = connector;
  const { id } = await payments.createCharge({ amount: "10.55", token: await tokenOf(card) });
  const refund = await payments.refundCharge(id, { amount: "0.55" });
  expect(refund).toMatchObject({ status: "ISSUED", amount: "0.55" });
  expect(await payments.readChargeRefund(id, refund.id)).toEqual(refund);
  await expect(payments.refundCharge(id, { amount: "10.01" })).rejects.toMatchObject({
    code: "VENDOR_REJECTED",
    vendor: { code: expect.stringMatching(/^PMT-/) },
  });
});

it("takes an amount from a bank account and gives it back", async () => {
  const { payments } = connector;
  const echeck = await payments.createEcheck({ amount: "5.00", token: await tokenOf(bankAccount) });
  expect(await payments.readEcheck(echeck.id)).toMatchObject({ status: "PENDING", amount: "5.00" });
  expect(await payments.refundEcheck(echeck.id, {})).toMatchObject({ amount: "5.00" });
});

it("charges once when the answer is cut, since the repetition has the same Request-Id", async () => {
  const token = await tokenOf(card);
  sandbox.clearRequests();
  sandbox.addFault({ path: "/quickbooks/v4/payments/charges", cutAfter: true });
  // A token pays once: a second charge would be refused.
  expect(await connector.payments.createCharge({ amount: "10.55", token })).toMatchObject({ status: "CAPTURED" });
  const sent = sandbox.requests({ path: "/quickbooks/v4/payments/charges" });
  expect(sent).toHaveLength(2);
});

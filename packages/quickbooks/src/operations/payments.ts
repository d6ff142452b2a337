import { defineOperation } from "@isthmus/core";
import { z } from "zod";
import { chargeSchema, echeckSchema, paymentSchema, refundSchema } from "../payments.js";
import type { QuickbooksConnector } from "../quickbooks-connector.js";
import { writeOptions } from "./records.js";

const idSchema = z
  .string()
  .regex(/^[\w-]{1,60}$/, "must be an id")
  .meta({ description: "Id of the charge or e-check." });
const common = { kind: "write", idempotent: false, takesIdempotencyKey: true, output: paymentSchema } as const;

/** Money that moves. Cards and accounts are given as tokens that Intuit made: their numbers never come here. */
export const paymentOperations = [
  defineOperation({
    ...common,
    name: "payments.charge",
    summary: "Charges a card, given as a token of Intuit's.",
    input: chargeSchema,
    run: (connector: QuickbooksConnector, input, call) => connector.payments.createCharge(input, writeOptions(call)),
  }),
  defineOperation({
    ...common,
    name: "payments.capture",
    summary: "Takes an amount that was authorised.",
    input: z.strictObject({ id: idSchema, ...refundSchema.shape }),
    run: (connector: QuickbooksConnector, { id, ...capture }, call) =>
      connector.payments.captureCharge(id, capture, writeOptions(call)),
  }),
  defineOperation({
    ...common,
    name: "payments.refund",
    summary: "Gives a charge back, or a part of it.",
    input: z.strictObject({ id: idSchema, ...refundSchema.shape }),
    run: (connector: QuickbooksConnector, { id, ...refund }, call) =>
      connector.payments.refundCharge(id, refund, writeOptions(call)),
  }),
  defineOperation({
    ...common,
    name: "payments.retrieveCharge",
    summary: "Reads a charge.",
    kind: "read",
    idempotent: true,
    takesIdempotencyKey: false,
    input: z.strictObject({ id: idSchema }),
    run: (connector: QuickbooksConnector, { id }, { signal }) => connector.payments.readCharge(id, signal),
  }),
  defineOperation({
    ...common,
    name: "payments.echeck",
    summary: "Takes an amount from a bank account, given as a token of Intuit's.",
    input: echeckSchema,
    run: (connector: QuickbooksConnector, input, call) => connector.payments.createEcheck(input, writeOptions(call)),
  }),
  defineOperation({
    ...common,
    name: "payments.refundEcheck",
    summary: "Gives an e-check back, or a part of it.",
    input: z.strictObject({ id: idSchema, ...refundSchema.shape }),
    run: (connector: QuickbooksConnector, { id, ...refund }, call) =>
      connector.payments.refundEcheck(id, refund, writeOptions(call)),
  }),
  defineOperation({
    ...common,
    name: "payments.retrieveEcheck",
    summary: "Reads an e-check.",
    kind: "read",
    idempotent: true,
    takesIdempotencyKey: false,
    input: z.strictObject({ id: idSchema }),
    run: (connector: QuickbooksConnector, { id }, { signal }) => connector.payments.readEcheck(id, signal),
  }),
];

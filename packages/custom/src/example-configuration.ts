import type { CustomConfigurationInput } from "./options/configuration.js";

const customer = {
  type: "object",
  properties: {
    id: { type: "string", readOnly: true },
    name: { type: "string", maxLength: 200 },
    email: { type: "string", format: "email" },
    updatedAt: { type: "string", format: "date-time", readOnly: true },
  },
  required: ["id", "name"],
};

/** A small API of customers: what documentation shows, and where one's own configuration can begin. */
export const exampleConfiguration = {
  baseUrl: "https://api.example.com/v1",
  authentication: { apiKey: { in: "header", name: "X-Api-Key" } },
  test: { path: "/account", accountId: "/id", accountName: "/name" },
  operations: [
    {
      name: "customers.find",
      summary: "Reads a customer.",
      kind: "read",
      method: "GET",
      path: "/customers/{id}",
      input: { type: "object", properties: { id: { type: "string", minLength: 1 } }, required: ["id"] },
      output: customer,
    },
    {
      name: "customers.create",
      summary: "Adds a customer.",
      kind: "write",
      method: "POST",
      path: "/customers",
      body: { template: { name: "{name}", email: "{email}" } },
      idempotencyHeader: "Idempotency-Key",
      input: {
        type: "object",
        properties: { name: { type: "string", minLength: 1 }, email: { type: "string", format: "email" } },
        required: ["name"],
      },
      output: customer,
    },
  ],
  entities: [
    {
      name: "customers",
      label: "Customers",
      creatable: true,
      schema: customer,
      list: {
        path: "/customers",
        records: "/items",
        paging: { kind: "cursor", parameter: "cursor", next: "/nextCursor" },
      },
      id: "/id",
      changes: { field: "/updatedAt", parameter: "updatedSince" },
    },
  ],
  errors: { codePointer: "/error/code", messagePointer: "/error/message" },
} satisfies CustomConfigurationInput;

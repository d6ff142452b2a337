import type { CustomConfigurationInput } from "../src/index.js";

/** The testkit's reference vendor, described: a vendor of notes. */
export function referenceConfiguration(baseUrl: string, timeoutMs?: number): CustomConfigurationInput {
  const timeouts = timeoutMs === undefined ? {} : { headersMs: timeoutMs, bodyMs: timeoutMs };
  const note = {
    type: "object",
    properties: { id: { type: "integer" }, text: { type: "string" } },
    required: ["id", "text"],
  };
  return {
    baseUrl,
    authentication: {
      oauth2: {
        authorizationEndpoint: `${baseUrl}/oauth/authorize`,
        tokenEndpoint: `${baseUrl}/oauth/token`,
        revocationEndpoint: `${baseUrl}/oauth/revoke`,
        scopes: ["notes"],
      },
    },
    test: { path: "/api/me", accountId: "/id", accountName: "/name", user: "/user", environment: "sandbox" },
    operations: [
      {
        name: "notes.list",
        summary: "Reads the first page of notes.",
        kind: "read",
        method: "GET",
        path: "/api/notes",
        output: { type: "array", items: note },
        result: "/notes",
      },
      {
        name: "notes.create",
        summary: "Adds a note.",
        kind: "write",
        method: "POST",
        path: "/api/notes",
        body: {},
        input: { type: "object", properties: { text: { type: "string", minLength: 1 } }, required: ["text"] },
        output: { type: "object", properties: { id: { type: "integer" } }, required: ["id"] },
        reconcile: "List the notes and look for its text.",
      },
    ],
    entities: [
      {
        name: "Card",
        id: "/id",
        list: { path: "/api/cards" },
        write: {
          version: { field: "/version", as: "number" },
          create: { path: "/api/cards", body: { template: { key: "{key}", title: "{record.title}" } } },
          update: {
            method: "POST",
            path: "/api/cards",
            body: { template: { key: "{key}", id: "{id}", title: "{record.title}", version: "{version}" } },
          },
        },
      },
    ],
    errors: { codePointer: "/error/code", messagePointer: "/error/message" },
    limits: { timeouts },
  };
}

import type { CustomConfigurationInput } from "../src/index.js";

const sobject = { type: "string", pattern: "^[A-Za-z]\\w{0,60}$" };
const id = { type: "string", pattern: "^[A-Za-z0-9]{15,18}$" };
const record = { type: "object", additionalProperties: true };
const ofRecord = { type: "object", properties: { sobject, id }, required: ["sobject", "id"] };

/** Salesforce, described: what the package `@isthmus/salesforce` does by code. */
export function sandboxConfiguration(baseUrl: string): CustomConfigurationInput {
  const data = "/services/data/v60.0";
  return {
    baseUrl,
    authentication: {
      oauth2: {
        authorizationEndpoint: `${baseUrl}/services/oauth2/authorize`,
        tokenEndpoint: `${baseUrl}/services/oauth2/token`,
        revocationEndpoint: `${baseUrl}/services/oauth2/revoke`,
        scopes: ["api", "refresh_token"],
        tokenLifetimeMs: 7_200_000,
      },
    },
    test: {
      path: "/services/oauth2/userinfo",
      accountId: "/organization_id",
      accountName: "/name",
      user: "/preferred_username",
    },
    operations: [
      {
        name: "records.create",
        summary: "Creates a record.",
        kind: "write",
        method: "POST",
        path: `${data}/sobjects/{sobject}`,
        body: { template: "{record}" },
        input: { type: "object", properties: { sobject, record }, required: ["sobject", "record"] },
        output: { type: "object", properties: { id }, required: ["id"] },
        reconcile: "Query the object by the values that you sent, newest first.",
      },
      {
        name: "records.retrieve",
        summary: "Reads a record by its id.",
        kind: "read",
        method: "GET",
        path: `${data}/sobjects/{sobject}/{id}`,
        query: { fields: "{fields}" },
        input: { ...ofRecord, properties: { sobject, id, fields: { type: "string" } } },
        output: record,
      },
      {
        name: "records.update",
        summary: "Changes the fields of a record that are named.",
        kind: "write",
        method: "PATCH",
        idempotent: true,
        path: `${data}/sobjects/{sobject}/{id}`,
        body: { template: "{record}" },
        input: { type: "object", properties: { sobject, id, record }, required: ["sobject", "id", "record"] },
      },
      {
        name: "records.delete",
        summary: "Moves a record to the recycle bin.",
        kind: "write",
        method: "DELETE",
        path: `${data}/sobjects/{sobject}/{id}`,
        input: ofRecord,
      },
      {
        name: "query",
        summary: "Runs a SOQL query and gives its first page.",
        kind: "read",
        method: "GET",
        path: `${data}/query`,
        query: { q: "{soql}" },
        input: { type: "object", properties: { soql: { type: "string", minLength: 1 } }, required: ["soql"] },
        output: { type: "array", items: record },
        result: "/records",
      },
    ],
    entities: [
      {
        name: "Account",
        label: "Accounts",
        creatable: true,
        updatable: true,
        deletable: true,
        schema: {
          type: "object",
          properties: {
            Id: { type: "string" },
            Name: { type: "string", maxLength: 255 },
            Industry: { type: ["string", "null"] },
          },
          required: ["Name"],
        },
        list: {
          path: `${data}/queryAll`,
          query: {
            q: "SELECT Id, Name, Industry, IsDeleted, SystemModstamp FROM Account WHERE SystemModstamp >= {since} ORDER BY SystemModstamp, Id",
          },
          headers: { "Sforce-Query-Options": "batchSize=200" },
          records: "/records",
          paging: { kind: "next_url", next: "/nextRecordsUrl" },
        },
        id: "/Id",
        changes: { field: "/SystemModstamp" },
        deleted: { pointer: "/IsDeleted", equals: true },
      },
    ],
    errors: {
      codePointer: "/0/errorCode",
      messagePointer: "/0/message",
      rules: [
        { code: ["INVALID_SESSION_ID"], error: "AUTHENTICATION_FAILED" },
        { code: ["REQUEST_LIMIT_EXCEEDED"], error: "QUOTA_EXHAUSTED" },
        { code: ["DUPLICATE_VALUE", "DUPLICATES_DETECTED"], error: "CONFLICT" },
        { code: ["UNABLE_TO_LOCK_ROW"], error: "VENDOR_UNAVAILABLE" },
      ],
    },
    limits: { concurrency: 25 },
  };
}

import { givesContent, takesContent } from "@isthmus/core";
import { salesforce } from "@isthmus/salesforce";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService } from "../support/service.js";

describe("the API's own description", () => {
  const get = useServerDatabase();
  let service: TestService;
  let anybody: ApiClient;

  beforeAll(async () => {
    service = await startTestService(get().database);
    anybody = new ApiClient(service.url, undefined);
  });
  afterAll(() => service?.close());

  it("is a valid OpenAPI 3.1 document whose references all lead somewhere", async () => {
    const { body, text } = await anybody.get("/openapi.json");
    expect(body.openapi).toBe("3.1.0");
    const result = await new Validator().validate(structuredClone(body));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"/]+)"/g)].map(([, name]) => name);
    expect(references.length).toBeGreaterThan(10);
    for (const name of references) expect(body.components.schemas).toHaveProperty([name ?? ""]);
  });

  it("has every operation of every connector with its own input and output schema", async () => {
    const { body } = await anybody.get("/openapi.json");
    const operations = salesforce.operations(salesforce.configuration.parse({}));
    expect(operations.length).toBeGreaterThanOrEqual(9);
    const asJson = operations.filter((each) => each.kind !== "bulk" && !takesContent(each) && !givesContent(each));
    for (const { name, stream } of asJson) {
      const described = body.paths[`/v1/connectors/{id}/operations/${name}`]?.post;
      const { schemas } = body.components;
      const input = described?.requestBody.content["application/json"].schema;
      const output = described?.responses[200].content["application/json"].schema;
      expect(input, name).toEqual({ $ref: `#/components/schemas/salesforce.${name}.input` });
      expect(output, name).toEqual({ $ref: `#/components/schemas/salesforce.${name}.output` });
      expect(schemas[`salesforce.${name}.input`], name).toMatchObject({ type: "object" });
      expect(described.responses[200].content["application/x-ndjson"] !== undefined).toBe(stream !== undefined);
    }
    const create = body.components.schemas["salesforce.records.create.input"];
    expect(create).toMatchObject({ required: ["sobject", "record"] });
  });

  it("has every route of the service that is not a page", async () => {
    const { body } = await anybody.get("/openapi.json");
    const routes = Object.entries<Record<string, object>>(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(routes).toEqual(
      expect.arrayContaining([
        "get /v1/connector-types",
        "get /v1/connector-types/{type}",
        "post /v1/connectors",
        "get /v1/connectors",
        "get /v1/connectors/{id}",
        "patch /v1/connectors/{id}",
        "delete /v1/connectors/{id}",
        "post /v1/connectors/{id}/authorize",
        "post /v1/connectors/{id}/test",
        "post /v1/connectors/{id}/refresh",
        "post /v1/connectors/{id}/disconnect",
        "get /v1/connectors/{id}/operations",
        "get /v1/connectors/{id}/entities",
        "get /v1/connectors/{id}/entities/{entity}",
        "get /v1/operation-runs",
        "get /v1/operation-runs/{id}",
        "post /v1/operation-runs/{id}/cancel",
        "post /v1/users",
        "get /v1/users",
        "patch /v1/users/{id}",
        "post /v1/api-keys",
        "get /v1/api-keys",
        "post /v1/api-keys/{id}/rotate",
        "delete /v1/api-keys/{id}",
        "get /v1/audit-events",
        "post /v1/tenants",
        "get /v1/tenants",
        "delete /v1/tenants/{id}",
        "get /v1/keys",
        "post /v1/keys/rotate",
        "get /v1/keys/rotations",
        "get /v1/keys/rotations/{id}",
        "post /v1/keys/rotations/{id}/stop",
        "post /v1/keys/rotations/{id}/resume",
        "get /v1/platform/audit-events",
        "get /healthz",
        "get /readyz",
      ]),
    );
    expect(routes).not.toContain("get /docs");
    expect(body.paths["/v1/connectors/{id}/operations/{operation}"]).toBeUndefined();
  });

  it("describes an installed type well enough to draw a form, and marks what is secret", async () => {
    const tenant = await service.createTenant();
    const { body } = await tenant.api.get("/v1/connector-types/salesforce");
    expect(body).toMatchObject({ type: "salesforce", externalSystemUrlField: "loginUrl" });
    const [scheme] = body.schemes;
    expect(scheme.credentialsSchema).toMatchObject({
      required: ["clientId"],
      properties: { clientSecret: { writeOnly: true } },
    });
    expect(body.configurationSchema.properties.apiVersion).toMatchObject({ default: "v60.0" });
    expect((await tenant.api.get("/v1/connector-types")).body.data).toEqual([
      expect.objectContaining({
        type: "salesforce",
        authenticationMethods: expect.arrayContaining(["oauth2_authorization_code"]),
      }),
    ]);
  });

  it("serves a page that loads nothing from elsewhere", async () => {
    const page = await anybody.get("/docs");
    expect(page.status).toBe(200);
    expect(page.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
    const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "");
    // Without an icon of its own, a browser asks for /favicon.ico and reports that there is none.
    expect(page.text).toContain('<link rel="icon" href="data:,">');
    const files = links.filter((path) => !path.startsWith("data:"));
    expect(files).toHaveLength(3);
    for (const file of files) {
      const answer = await anybody.get(file);
      expect(answer.status, file).toBe(200);
      expect(answer.text.length, file).toBeGreaterThan(50);
    }
  });
});

import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { z } from "zod";
import { listStatuses } from "../errors/index.js";
import { withKeyHeader } from "../openapi/idempotency.js";
import { addOperationPaths } from "../openapi/operation-paths.js";
import type { Services } from "../services.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What one line is, where the body may come as NDJSON. */
    lines?: z.ZodType;
  }
}

/** `/openapi.json`: OpenAPI 3.1 of every route and every connector operation, made from their schemas when first asked for. */
export async function registerOpenApi(app: FastifyInstance, services: Services): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Isthmus",
        version: "1.0.0",
        description: describeApi(),
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: {
        securitySchemes: {
          apiKey: { type: "http", scheme: "bearer", description: "An API key of a tenant's user: `isth_…`." },
          identityToken: {
            type: "http",
            scheme: "bearer",
            bearerFormat: "JWT",
            description:
              "An access token of an identity provider that the tenant trusts, with the tenant's id beside it.",
          },
          tenant: { type: "apiKey", in: "header", name: "Isthmus-Tenant", description: "Id of the tenant." },
          platformKey: { type: "http", scheme: "bearer", description: "The platform key, for tenants." },
        },
      },
      security: [{ apiKey: [] }, { identityToken: [], tenant: [] }],
    },
    transform: (route) => {
      const transformed = jsonSchemaTransform(route);
      const { url } = transformed;
      const { lines } = route.route.config ?? {};
      const line = lines && jsonSchemaTransform({ ...route, schema: { body: lines } }).schema.body;
      const schema = line ? withLines(transformed.schema, line) : transformed.schema;
      return { schema: route.route.config?.takesKey === true ? withKeyHeader(schema) : schema, url };
    },
    transformObject: (document) =>
      addOperationPaths(jsonSchemaTransformObject(document), services.connectors.definitions()),
  });
  app.get("/openapi.json", { schema: { hide: true } as object }, (_request, reply) =>
    reply.type("application/json").send(JSON.stringify(withServer(app.swagger(), services.settings.publicUrl()))),
  );
}

/** A body that may come as lines, too. */
function withLines<Schema extends { readonly body?: unknown }>(schema: Schema, line: unknown): Schema {
  const content = { "application/json": { schema: schema.body }, "application/x-ndjson": { schema: line } };
  return { ...schema, body: { content } };
}

function describeApi(): string {
  const rows = listStatuses().map(([code, status]) => `| ${status} | \`${code}\` |`);
  return `Connects tenants to business systems. Errors are problem documents (RFC 9457); branch on \`code\`.\n\n| Status | Code |\n|-|-|\n${rows.join("\n")}`;
}

function withServer(document: object, url: string): object {
  return { ...document, servers: [{ url }] };
}

import { createDecipheriv, createHash, hkdfSync, timingSafeEqual } from "node:crypto";
import { createWriteStream } from "node:fs";
import { fastify, LogController } from "fastify";
import pg from "pg";
import { pino } from "pino";
import { type ApiBenchTask, answerCosts, poolSizes } from "./task.js";

// What somebody writes who needs this one route and nothing else: Fastify with schemas for what comes and goes, pg with
// prepared statements, the role switched in a transaction, the same bytes decrypted, one log line.
const task: ApiBenchTask = JSON.parse(process.argv[2] ?? "{}");
const dataKey = Buffer.from(task.dataKey, "base64");
const system = new pg.Pool({
  connectionString: task.databaseUrl,
  max: poolSizes.system,
  onConnect: async (client) => {
    await client.query("set role isthmus_system");
  },
});
const tenant = new pg.Pool({ connectionString: task.databaseUrl, max: poolSizes.tenant });
const logger = pino({ level: "info", base: undefined }, createWriteStream("/dev/null"));
const app = fastify({ loggerInstance: logger, logController: new LogController({ disableRequestLogging: true }) });
app.addHook("onResponse", (request, reply, next) => {
  request.log.info({ method: request.method, route: request.routeOptions.url, status: reply.statusCode }, "request");
  next();
});

interface Sealed {
  readonly v: number;
  readonly alg: string;
  readonly kid: string;
  readonly salt: string;
  readonly iv: string;
  readonly data: string;
  readonly tag: string;
  readonly commitment: string;
}

interface Row {
  readonly [column: string]: unknown;
  readonly id: string;
  readonly tenant_id: string;
  readonly credentials: Sealed;
}

const text = { type: "string" } as const;
const optional = { type: ["string", "null"] } as const;

app.get<{ Params: { id: string } }>(
  "/bench/connectors/:id",
  {
    schema: {
      params: { type: "object", properties: { id: { type: "string", format: "uuid" } }, required: ["id"] },
      response: {
        200: {
          type: "object",
          properties: {
            id: text,
            code: text,
            name: text,
            type: text,
            environment: text,
            externalSystemUrl: text,
            authenticationMethod: text,
            configuration: { type: "object", additionalProperties: true },
            hasCredentials: { type: "boolean" },
            active: { type: "boolean" },
            status: text,
            account: { type: ["object", "null"], properties: { id: text, name: optional } },
            reconnectBefore: optional,
            version: { type: "integer" },
            connectorVersion: text,
            lastSyncAt: optional,
            createdBy: text,
            createdAt: text,
            updatedAt: text,
            deletedAt: optional,
            purgeAt: optional,
            clientId: text,
          },
        },
      },
    },
  },
  async (request, reply) => {
    const key = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const hash = createHash("sha256").update(key).digest("hex");
    const found = await system.query<{ tenant_id: string }>({
      name: "find-key",
      text: "select api_key_id, tenant_id, user_id, user_name, roles from isthmus_find_api_key($1)",
      values: [hash],
    });
    const tenantId = found.rows[0]?.tenant_id;
    if (tenantId === undefined) return reply.code(401).send({ error: "unauthenticated" });
    const row = await readConnector(tenantId, request.params.id);
    if (row === undefined) return reply.code(404).send({ error: "not found" });
    return {
      id: row.id,
      code: row.connector_code,
      name: row.connector_name,
      type: row.connector_type,
      environment: row.environment,
      externalSystemUrl: row.external_system_url,
      authenticationMethod: row.authentication_method,
      configuration: row.configuration,
      hasCredentials: row.credentials !== null,
      active: row.is_active,
      status: row.status,
      account: row.account_id === null ? null : { id: row.account_id, name: row.account_name },
      reconnectBefore: null,
      version: row.version,
      connectorVersion: row.connector_version,
      lastSyncAt: toText(row.last_sync_at),
      createdBy: row.created_by,
      createdAt: toText(row.created_at),
      updatedAt: toText(row.updated_at),
      deletedAt: toText(row.deleted_at),
      purgeAt: null,
      clientId: open(row).clientId,
    };
  },
);

async function readConnector(tenantId: string, id: string): Promise<Row | undefined> {
  const client = await tenant.connect();
  try {
    await client.query("begin");
    await client.query({
      name: "switch",
      text: "select set_config('role', 'isthmus_app', true), set_config('app.tenant_id', $1, true)",
      values: [tenantId],
    });
    const { rows } = await client.query<Row>({
      name: "read",
      text: "select * from connectors where tenant_id = $1 and id = $2 and deleted_at is null",
      values: [tenantId, id],
    });
    await client.query("commit");
    client.release();
    return rows[0];
  } catch (error) {
    client.release(true);
    throw error;
  }
}

function open({ id, tenant_id, credentials }: Row): { clientId: string } {
  const { v, alg, kid, salt, iv, data, tag, commitment } = credentials;
  const derived = Buffer.from(
    hkdfSync("sha256", dataKey, Buffer.from(salt, "base64url"), "isthmus/vault/v1/value", 64),
  );
  if (!timingSafeEqual(derived.subarray(32), Buffer.from(commitment, "base64url"))) throw new Error("Another key.");
  const decipher = createDecipheriv("aes-256-gcm", derived.subarray(0, 32), Buffer.from(iv, "base64url"), {
    authTagLength: 16,
  });
  const place = { alg, field: "credentials", kid, record: id, table: "connectors", tenant: tenant_id, v };
  decipher.setAAD(Buffer.from(JSON.stringify(place)));
  decipher.setAuthTag(Buffer.from(tag, "base64url"));
  const plain = Buffer.concat([decipher.update(Buffer.from(data, "base64url")), decipher.final()]);
  return JSON.parse(plain.toString("utf8")) as { clientId: string };
}

function toText(value: unknown): string | null {
  return value instanceof Date ? value.toISOString() : null;
}

answerCosts(await app.listen({ port: 0, host: "127.0.0.1" }));

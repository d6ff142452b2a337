import { randomBytes, randomUUID } from "node:crypto";
import { systemRandom } from "@isthmus/core";
import type pg from "pg";
import { createApiKey } from "../../../apps/api/dist/keys/api-key.js";
import { DatabaseDataKeyStore } from "../../../apps/api/dist/vault/database-data-key-store.js";
import { openServices } from "../renewals/service.js";

/** What is asked for: an API key of one tenant, and its connectors. */
export interface Filled {
  readonly apiKey: string;
  readonly connectorIds: readonly string[];
  /** The tenant's data key, base64. */
  readonly dataKey: string;
}

const connectors = 1_000;

/** Fills a migrated database with one tenant, its key and connectors whose credentials are sealed as the service seals them. */
export async function fillApi(task: Parameters<typeof openServices>[0], admin: pg.Client): Promise<Filled> {
  const services = await openServices(task);
  const { vault, keyProvider, database } = services;
  const [tenantId, userId] = [randomUUID(), randomUUID()];
  const { key: apiKey, prefix, hash } = createApiKey(systemRandom);
  await admin.query("insert into tenants (id, name) values ($1, 'bench')", [tenantId]);
  await admin.query(
    "insert into users (id, tenant_id, email, name, roles) values ($1, $2, 'a@example.com', 'x', '{admin}')",
    [userId, tenantId],
  );
  await admin.query(
    "insert into api_keys (id, tenant_id, user_id, name, prefix, hash) values ($1, $2, $3, 'x', $4, $5)",
    [randomUUID(), tenantId, userId, prefix, hash],
  );
  const ids: string[] = [];
  for (let index = 0; index < connectors; index += 1) {
    const id = randomUUID();
    const place = { tenantId, table: "connectors", recordId: id, field: "credentials" };
    const secret = { clientId: `client-${index}`, clientSecret: randomBytes(48).toString("base64url") };
    await admin.query(
      `insert into connectors (id, tenant_id, connector_code, connector_name, connector_type, external_system_url,
         authentication_method, credentials, configuration, environment, connector_version, created_by)
       values ($1, $2, $3, 'bench', 'salesforce', 'https://example.my.salesforce.com', 'oauth2_authorization_code', $4,
         '{"apiVersion":"v65.0","loginUrl":"https://example.my.salesforce.com"}', 'sandbox', '1.0.0', $5)`,
      [id, tenantId, `c${index}`, JSON.stringify(await vault.seal(secret, place)), userId],
    );
    ids.push(id);
  }
  await admin.query("vacuum analyze");
  const key = await new DatabaseDataKeyStore(database).current(tenantId);
  if (key === undefined) throw new Error("There is no data key.");
  const plain = await keyProvider.unwrap(key.wrapped, { tenantId, dataKeyId: key.id });
  await database.close();
  return { apiKey, connectorIds: ids, dataKey: Buffer.from(plain).toString("base64") };
}

import { randomUUID } from "node:crypto";
import type pg from "pg";
import type { Services } from "../../../apps/api/dist/services.js";

const tenants = 20;

/** Fills the database with connectors whose tokens are due tomorrow, sealed as the service seals them. */
export async function fill(services: Services, admin: pg.Client, vendor: string, total: number): Promise<void> {
  const { vault } = services;
  for (let tenant = 0; tenant < tenants; tenant += 1) {
    const [tenantId, userId] = [randomUUID(), randomUUID()];
    await admin.query("insert into tenants (id, name) values ($1, 'bench')", [tenantId]);
    await admin.query("insert into users (id, tenant_id, email, name, roles) values ($1, $2, $3, 'x', '{admin}')", [
      userId,
      tenantId,
      `${userId}@example.com`,
    ]);
    const makeRow = async (index: number) => {
      const id = randomUUID();
      const place = (table: string, field: string) => ({ tenantId, table, recordId: id, field });
      const credentials = await vault.seal({ clientId: "c", clientSecret: "s" }, place("connectors", "credentials"));
      const tokens = {
        accessToken: "access",
        refreshToken: `refresh-${id}`,
        tokenType: "Bearer",
        issuedAtMs: 0,
        expiresAtMs: 1,
        attributes: {},
      };
      const sealed = await vault.seal(tokens, place("connector_tokens", "tokens"));
      return { id, code: `c${index}`, credentials, tokens: sealed };
    };
    const rows: Awaited<ReturnType<typeof makeRow>>[] = [];
    // Few at once: each looks its key up, and on a busy machine no connection would be free for them within 5 s.
    const wanted = Math.ceil(total / tenants);
    while (rows.length < wanted) {
      const count = Math.min(10, wanted - rows.length);
      const some = Array.from({ length: count }, (_, index) => makeRow(rows.length + index));
      rows.push(...(await Promise.all(some)));
    }
    await admin.query(
      `with given as (select * from jsonb_to_recordset($1) as g(id uuid, code text, credentials jsonb, tokens jsonb)),
       made as (
         insert into connectors (id, tenant_id, connector_code, connector_name, connector_type, external_system_url,
           authentication_method, credentials, configuration, environment, connector_version, created_by)
         select id, $2, code, 'bench', 'salesforce', $3, 'oauth2_authorization_code', credentials,
           jsonb_build_object('loginUrl', $3::text), 'sandbox', '1.0.0', $4 from given returning id)
       insert into connector_tokens (connector_id, tenant_id, tokens, version, refresh_at)
       select given.id, $2, given.tokens, 1, now() + interval '1 day' from given join made using (id)`,
      [JSON.stringify(rows), tenantId, vendor, userId],
    );
  }
  await admin.query("analyze");
}

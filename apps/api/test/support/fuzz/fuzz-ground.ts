import { randomBytes } from "node:crypto";
import { defineConnector } from "@isthmus/core";
import { salesforce } from "@isthmus/salesforce";
import { expect } from "vitest";
import { TestBrowser } from "../browser.js";
import { fillTenant } from "../full-tenant.js";
import type { ServerDatabase } from "../server-database.js";
import { platformKey, sandboxConnector, startTestService, type TestService } from "../service.js";
import { dumpTenant, findMarks, type TenantDump } from "../tenant-dump.js";
import { type FuzzReport, runFuzz } from "./fuzz-run.js";
import { plantedSecret } from "./schema-values.js";
import type { SeededRandom } from "./seeded-random.js";

/** A service with a tenant that asks and another one that must not notice. */
export interface FuzzGround {
  run(options: { readonly seed: number; readonly requests: number }): Promise<FuzzReport>;
  /** The other tenant is as it was, and no log line holds a secret or tells of a failure inside. */
  expectNoLeak(report: FuzzReport): Promise<void>;
  close(): Promise<void>;
}

/** A type whose vendor delivers, and which adds no operation to the document. */
const deliverer = defineConnector({
  ...salesforce,
  type: "deliverer",
  operations: () => [],
  inbound: { verify: () => undefined, route: () => [], acknowledge: () => ({ status: 200 }) },
});

/** Starts it on a database of its own. */
export async function startFuzzing({ server, url, database }: ServerDatabase): Promise<FuzzGround> {
  const service = await startTestService(database, { connectors: [deliverer] });
  const superuser = await server.connectAsSuperuser(url);
  const query = async (sql: string, ...values: unknown[]) =>
    (await superuser.query<Record<string, unknown>>(sql, values)).rows;

  const tenant = await service.createTenant();
  const theirs = await fillTenant(database);
  let connectors = [await connect(service, tenant.api), await connect(service, tenant.api)];
  const endpoint = await tenant.api.post("/v1/inbound-endpoints", endpointBody());
  const before = await dumpTenant(query, theirs.tenantId);
  // What a third one like it has as well is no mark.
  const twin = await fillTenant(database);
  const marks = findMarks(before, await dumpTenant(query, twin.tenantId));

  return {
    run: ({ seed, requests }) =>
      runFuzz({
        service,
        tenant,
        seed,
        requests,
        marks,
        secrets: [service.sandbox.client.secret, platformKey, tenant.apiKey, theirs.apiKey, theirs.apiKeyHash],
        own: { connectors, "inbound-endpoints": [endpoint.body.id] },
        foreign: foreignIds(before),
        async tend(api) {
          connectors = await Promise.all(
            connectors.map(async (id) => {
              const { body } = await api.get(`/v1/connectors/${id}`);
              const works = body.status === "connected" && body.active === true && body.version < 3;
              return works ? id : connect(service, api);
            }),
          );
          return connectors;
        },
        keptTenants: [tenant.tenantId, theirs.tenantId, twin.tenantId],
        bodies: (random) => bodies(service, random),
      }),
    async expectNoLeak({ secrets }) {
      expect(await dumpTenant(query, theirs.tenantId)).toEqual(before);
      const log = service.logLines.join("\n");
      expect([...secrets, plantedSecret].filter((secret) => log.includes(secret))).toEqual([]);
      expect(service.logLines.filter((line) => line.includes("unexpectedly"))).toEqual([]);
    },
    async close() {
      await superuser.end();
      await service.close();
    },
  };
}

async function connect(
  service: TestService,
  api: Awaited<ReturnType<TestService["createTenant"]>>["api"],
): Promise<string> {
  const { id } = (await api.post("/v1/connectors", sandboxConnector(service))).body;
  const link = await api.post(`/v1/connectors/${id}/authorize`);
  await new TestBrowser().follow(link.body.authorizationUrl);
  return id;
}

function endpointBody(): object {
  return { type: "deliverer", name: "fuzz", environment: "sandbox", secret: `${plantedSecret}-of-an-endpoint` };
}

function identityProviderBody({ sandbox }: TestService, issuer: string): object {
  const roleMapping = [{ value: "x", roles: ["viewer"] }];
  return { name: "fuzz", issuer, jwksUri: `${sandbox.url}/jwks`, audience: "fuzz", roleMapping };
}

function bodies(service: TestService, random: SeededRandom) {
  return {
    createConnector: () =>
      sandboxConnector(service, {
        code: `crm-${randomBytes(4).toString("hex")}`,
        environment: random.pick(["sandbox", "production"]),
        ...(random.chance(0.3) && { credentials: { clientId: "x", clientSecret: `${plantedSecret}-client` } }),
      }),
    updateConnector: () =>
      random.pick([{ name: "Ω" }, { code: "crm-x" }, { active: true }, { environment: "production" }]),
    createInboundEndpoint: endpointBody,
    // Whose keys would be at the sandbox: nobody is asked who is not here.
    createIdentityProvider: () =>
      identityProviderBody(service, `https://${randomBytes(4).toString("hex")}.example.com`),
    updateIdentityProvider: () => ({ jwksUri: `${service.sandbox.url}/jwks`, enabled: random.chance(0.5) }),
  };
}

/** Ids of rows, by the names that the API has for their kinds. */
function foreignIds(dump: TenantDump): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(dump).map(([table, rows]) => {
      const ids = rows.map((row) => row.id ?? row.connector_id).filter((id) => typeof id === "string");
      return [table.replaceAll("_", "-"), ids];
    }),
  );
}

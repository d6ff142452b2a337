import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Clock,
  type ConnectorDefinition,
  ConnectorFactory,
  type KeyProvider,
  LocalKeyring,
  type Logger,
} from "@isthmus/core";
import { salesforce } from "@isthmus/salesforce";
import { type SalesforceSandbox, startSalesforceSandbox } from "@isthmus/sandbox";
import type { FastifyInstance } from "fastify";
import { createServices } from "../../src/create-services.js";
import type { Database } from "../../src/database/index.js";
import type { DeletionRule } from "../../src/deletion/deletion-rule.js";
import { buildServer, type EdgeSettings } from "../../src/server.js";
import { createServiceLogger } from "../../src/service-logger.js";
import type { ServiceSettings, Services } from "../../src/services.js";
import { KeyRotationWorker } from "../../src/workers/key-rotation-worker.js";
import { ApiClient } from "./api-client.js";
import { noRateLimits } from "./no-rate-limits.js";

/** The platform key of test services. */
export const platformKey = "platform-key-of-the-tests-0123456789";

/** A service that listens on a free port of this machine, with a Salesforce sandbox beside it. */
export interface TestService {
  /** Origin. */
  readonly url: string;
  readonly services: Services;
  /** Not running: a test lets it work. */
  readonly keyRotations: KeyRotationWorker;
  readonly app: FastifyInstance;
  readonly sandbox: SalesforceSandbox;
  /** Everything that the service has logged, down to debug. */
  readonly logLines: readonly string[];
  /** Makes a tenant through the API; the client has its administrator's key. */
  createTenant(): Promise<TestTenantClient>;
  /** Turns readiness off; ends what is at work. */
  readonly stopping: AbortController;
  readonly ending: AbortController;
  /** Stops the service and the sandbox; the database stays. */
  close(): Promise<void>;
}

/** A tenant's administrator, with their key. */
export interface TestTenantClient {
  readonly tenantId: string;
  readonly userId: string;
  readonly apiKey: string;
  readonly api: ApiClient;
}

/** What a test may change. */
export interface TestServiceOptions {
  readonly settings?: Partial<ServiceSettings>;
  /** Default: no rate limits, no foreign origins, no proxies. */
  readonly edges?: Partial<EdgeSettings>;
  readonly clock?: Clock;
  /** As in ISTHMUS_KEYS. Default: a new key. */
  readonly keys?: string;
  /** In place of a local keyring. The test closes it. */
  readonly keyProvider?: KeyProvider;
  readonly logger?: Logger;
  /** Where results wait that the database has not taken. Default: a folder of its own, made when the first one does. */
  readonly journalFolder?: string;
  /** Installed beside Salesforce. Default: none. */
  readonly connectors?: readonly ConnectorDefinition[];
  /** In place of the service's own. */
  readonly deletionRules?: readonly DeletionRule[];
  /** Rows that a rotation of keys writes at once. */
  readonly batchSize?: number;
  /** Default: one of its own, which asks nobody for consent. */
  readonly sandbox?: SalesforceSandbox;
}

/** Starts the real service on a database, over real HTTP. */
export async function startTestService(database: Database, options: TestServiceOptions = {}): Promise<TestService> {
  const sandbox = options.sandbox ?? (await startSalesforceSandbox({ skipConsent: true }));
  const logLines: string[] = [];
  const logger = createServiceLogger("debug", { write: (line: string) => void logLines.push(line) });
  const stopping = new AbortController();
  const ending = new AbortController();
  let url = "";
  const services = createServices({
    database,
    connectors: new ConnectorFactory([salesforce, ...(options.connectors ?? [])]),
    keyProvider: options.keyProvider ?? LocalKeyring.parse(options.keys ?? LocalKeyring.generate()),
    journalFolder: options.journalFolder ?? join(tmpdir(), `isthmus-journal-${randomBytes(6).toString("hex")}`),
    logger: options.logger ?? logger,
    ...(options.deletionRules && { deletionRules: options.deletionRules }),
    stopping: stopping.signal,
    ending: ending.signal,
    ...(options.clock && { clock: options.clock }),
    settings: {
      publicUrl: () => url,
      returnToOrigins: ["https://app.example.com"],
      allowedPrivateHosts: [new URL(sandbox.url).host],
      platformKey,
      ...options.settings,
    },
  });
  const app = await buildServer({
    services,
    logger,
    https: false,
    edges: { rateLimits: noRateLimits, ...options.edges },
  });
  url = await app.listen({ port: 0, host: "127.0.0.1" });
  return {
    url,
    services,
    keyRotations: new KeyRotationWorker({ ...services, batchSize: options.batchSize ?? 50, pollMs: 20 }),
    app,
    sandbox,
    logLines,
    stopping,
    ending,
    async createTenant() {
      const answer = await new ApiClient(url, platformKey).post("/v1/tenants", {
        name: `Tenant ${randomBytes(3).toString("hex")}`,
        administrator: { name: "Ada Admin", email: "ada@example.com" },
      });
      const { tenant, administrator, apiKey } = answer.body as {
        tenant: { id: string };
        administrator: { id: string };
        apiKey: { key: string };
      };
      const api = new ApiClient(url, apiKey.key);
      return { tenantId: tenant.id, userId: administrator.id, apiKey: apiKey.key, api };
    },
    async close() {
      stopping.abort();
      await app.close();
      ending.abort();
      await services.pool.close();
      if (options.sandbox === undefined) await sandbox.close();
    },
  };
}

/** The body that adds a connector to the sandbox of `service`. */
export function sandboxConnector(
  { sandbox }: Pick<TestService, "sandbox">,
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    code: `crm-${randomBytes(3).toString("hex")}`,
    name: "Our CRM",
    type: "salesforce",
    environment: "sandbox",
    externalSystemUrl: sandbox.url,
    authenticationMethod: "oauth2_authorization_code",
    credentials: { clientId: sandbox.client.id, clientSecret: sandbox.client.secret },
    ...changes,
  };
}

import { createWriteStream } from "node:fs";
import { ConnectorFactory, LocalKeyring } from "@isthmus/core";
import { salesforce } from "@isthmus/salesforce";
import { pino } from "pino";
import { z } from "zod";
import { viewConnector } from "../../../apps/api/dist/actions/connector-view.js";
import { findConnector } from "../../../apps/api/dist/actions/find-connector.js";
import { credentialsPlace } from "../../../apps/api/dist/connectors/credentials-place.js";
import { createServices } from "../../../apps/api/dist/create-services.js";
import { openDatabase } from "../../../apps/api/dist/database/index.js";
import { authenticationPlugin, callerOf } from "../../../apps/api/dist/plugins/authentication.js";
import { rateLimitsPlugin } from "../../../apps/api/dist/plugins/rate-limits.js";
import { idParametersSchema } from "../../../apps/api/dist/routes/schemas/common.js";
import { connectorSchema } from "../../../apps/api/dist/routes/schemas/connectors.js";
import { buildServer } from "../../../apps/api/dist/server.js";
import { type ApiBenchTask, answerCosts } from "./task.js";

// The service as it is started, with one route more: no route of its own answers with what it has decrypted. Everything that
// a request goes through is the service's: authentication, limits, the look-up, the vault, the schema of the answer, metrics, log.
const task: ApiBenchTask = JSON.parse(process.argv[2] ?? "{}");
const { signal } = new AbortController();
const logger = pino({ level: "info", base: undefined }, createWriteStream("/dev/null"));
const rateLimits = { perKey: 1e9, perTenant: 1e9, refusedPerAddress: 60 };
const services = createServices({
  database: await openDatabase({ url: task.databaseUrl, logger }),
  connectors: new ConnectorFactory([salesforce]),
  keyProvider: LocalKeyring.parse(task.keys),
  journalFolder: task.journalFolder,
  logger,
  stopping: signal,
  ending: signal,
  settings: {
    publicUrl: () => "http://127.0.0.1",
    returnToOrigins: [],
    allowedPrivateHosts: [],
    platformKey: undefined,
  },
});
const app = await buildServer({ services, logger, https: false, edges: { rateLimits } });
await app.register(async (scope) => {
  await scope.register(authenticationPlugin, services);
  await scope.register(rateLimitsPlugin, { services, rateLimits });
  scope.get(
    "/bench/connectors/:id",
    {
      schema: {
        hide: true,
        params: idParametersSchema,
        response: { 200: connectorSchema.extend({ clientId: z.string() }) },
      },
    },
    async (request) => {
      const { tenantId } = callerOf(request);
      const row = await findConnector(services, tenantId, idParametersSchema.parse(request.params).id);
      const credentials = await services.vault.open(row.credentials, credentialsPlace(tenantId, row.id));
      return { ...viewConnector(row, undefined), clientId: clientIdOf(credentials) };
    },
  );
});

function clientIdOf(credentials: unknown): string {
  if (typeof credentials === "object" && credentials !== null && "clientId" in credentials) {
    return String(credentials.clientId);
  }
  throw new TypeError("The credentials have no clientId.");
}

answerCosts(await app.listen({ port: 0, host: "127.0.0.1" }));

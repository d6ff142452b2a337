import type { FastifyPluginAsync } from "fastify";
import type { Services } from "../services.js";
import { apiKeyRoutes } from "./api-keys.js";
import { auditEventRoutes } from "./audit-events.js";
import { changeRequestRoutes } from "./change-requests.js";
import { connectionRoutes } from "./connections.js";
import { connectorHealthRoutes } from "./connector-health.js";
import { connectorTypeRoutes } from "./connector-types.js";
import { connectorRoutes } from "./connectors.js";
import { deletedConnectorRoutes } from "./deleted-connectors.js";
import { entityRoutes } from "./entities.js";
import { healthRoutes } from "./health.js";
import { hookRoutes } from "./hooks.js";
import { identityProviderRoutes } from "./identity-providers.js";
import { inboundEndpointRoutes } from "./inbound-endpoints.js";
import { keyRoutes } from "./keys.js";
import { metricsRoutes } from "./metrics.js";
import { oauthRoutes } from "./oauth.js";
import { operationRunRoutes } from "./operation-runs.js";
import { operationRoutes } from "./operations.js";
import { platformAuditEventRoutes } from "./platform-audit-events.js";
import { recordRoutes } from "./records.js";
import { scheduleRoutes } from "./schedules.js";
import { sinkRoutes } from "./sinks.js";
import { syncRunRoutes } from "./sync-runs.js";
import { tenantRoutes as tenants } from "./tenants.js";
import { userRoutes } from "./users.js";
import { webhookDeliveryRoutes } from "./webhook-deliveries.js";
import { webhookRoutes } from "./webhooks.js";

/** Routes that need no key. */
export const publicRoutes: readonly FastifyPluginAsync<Services>[] = [healthRoutes, hookRoutes];

/** Routes whose address is the key: links that a person's browser opens. */
export const linkRoutes: readonly FastifyPluginAsync<Services>[] = [oauthRoutes];

/** Routes that need a tenant's API key, or a token of its identity provider. */
export const tenantRoutes: readonly FastifyPluginAsync<Services>[] = [
  connectorTypeRoutes,
  connectorRoutes,
  deletedConnectorRoutes,
  connectorHealthRoutes,
  connectionRoutes,
  operationRoutes,
  operationRunRoutes,
  entityRoutes,
  changeRequestRoutes,
  scheduleRoutes,
  syncRunRoutes,
  recordRoutes,
  inboundEndpointRoutes,
  webhookRoutes,
  webhookDeliveryRoutes,
  userRoutes,
  apiKeyRoutes,
  identityProviderRoutes,
  auditEventRoutes,
];

/** Routes that need the platform key. */
export const platformRoutes: readonly FastifyPluginAsync<Services>[] = [
  tenants,
  keyRoutes,
  platformAuditEventRoutes,
  sinkRoutes,
  metricsRoutes,
];

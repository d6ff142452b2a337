import { Prisma } from "../generated/prisma/client.js";

/** The fields of a `ConnectorRow`, out of a function's column `connector` that holds a whole row of `connectors`. */
export const connectorColumns = Prisma.sql`
  (connector).id::text as "id", (connector).tenant_id::text as "tenantId",
  (connector).connector_code as "connectorCode", (connector).connector_name as "connectorName",
  (connector).connector_type as "connectorType", (connector).external_system_url as "externalSystemUrl",
  (connector).authentication_method::text as "authenticationMethod", (connector).credentials as "credentials",
  (connector).configuration as "configuration", (connector).environment::text as "environment",
  (connector).version as "version", (connector).connector_version as "connectorVersion",
  (connector).status::text as "status", (connector).is_active as "isActive",
  (connector).account_id as "accountId", (connector).account_name as "accountName",
  (connector).bound_account_id as "boundAccountId", (connector).bound_account_name as "boundAccountName",
  (connector).account_version as "accountVersion",
  (connector).last_sync_at as "lastSyncAt", (connector).created_by::text as "createdBy",
  (connector).created_at as "createdAt", (connector).updated_at as "updatedAt",
  (connector).deleted_at as "deletedAt"`;

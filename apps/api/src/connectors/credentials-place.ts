import type { SealContext } from "@isthmus/core";

/** Where a connector's sealed credentials live: the value opens there and nowhere else. */
export function credentialsPlace(tenantId: string, connectorId: string): SealContext {
  return { tenantId, table: "connectors", recordId: connectorId, field: "credentials" };
}

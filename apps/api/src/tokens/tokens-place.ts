import type { SealContext } from "@isthmus/core";

/** Where a connection's sealed tokens live: the value opens there and nowhere else. */
export function tokensPlace(tenantId: string, connectorId: string): SealContext {
  return { tenantId, table: "connector_tokens", recordId: connectorId, field: "tokens" };
}

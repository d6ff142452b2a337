import type { SealContext } from "@isthmus/core";

/** Where the sealed secrets of an inbound endpoint live: the value opens there and nowhere else. */
export function inboundSecretsPlace(tenantId: string, endpointId: string): SealContext {
  return { tenantId, table: "inbound_endpoints", recordId: endpointId, field: "secrets" };
}

/** Where the sealed body of a delivery lives. */
export function deliveryPlace(tenantId: string, deliveryId: string): SealContext {
  return { tenantId, table: "inbound_deliveries", recordId: deliveryId, field: "body" };
}

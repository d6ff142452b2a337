import { z } from "zod";
import { sealSecrets } from "../../inbound/endpoint-secrets.js";
import type { InboundEndpointRow } from "../../repositories/index.js";
import type { ChangeKind } from "../change-kind.js";

const schema = z.object({
  connectorType: z.string(),
  name: z.string(),
  environment: z.enum(["sandbox", "production"]),
  secrets: z.array(z.string()),
});

/** A new address that a vendor may deliver to. */
export const inboundEndpointCreate: ChangeKind<z.infer<typeof schema>, InboundEndpointRow> = {
  name: "inbound_endpoint.create",
  permission: "inbound-endpoints.write",
  schema,
  async prepare({ vault }, { tenantId, target: { id }, requestedBy }, { secrets: given, ...rest }) {
    const secrets = await sealSecrets(vault, tenantId, id, given);
    return {
      async apply({ inboundEndpoints }, note) {
        const created = await inboundEndpoints.create({ ...rest, id, secrets, createdBy: requestedBy });
        const { connectorType: type, environment } = rest;
        const details = { type, environment, secretCount: created.secretCount };
        const row = { after: created, ...(given.length > 0 && { secrets: given }) };
        await note("inbound_endpoint.created", details, row);
        return created;
      },
    };
  },
  invert: async () => ({ kind: "inbound_endpoint.delete", change: {} }),
};

import { z } from "zod";
import { openSecrets, sealSecrets } from "../../inbound/endpoint-secrets.js";
import type { InboundEndpointRow, SealedSecrets } from "../../repositories/index.js";
import type { ChangeKind } from "../change-kind.js";

const schema = z.object({
  /** What the caller gave, in the words of the API, for the audit. */
  fields: z.array(z.string()),
  settings: z.object({ name: z.string(), isActive: z.boolean() }).partial(),
  /** All of them as they will be, the newest first; missing = they stay. */
  secrets: z.array(z.string()).optional(),
});

/** The name of an endpoint, its secrets, and whether it takes deliveries. */
export const inboundEndpointUpdate: ChangeKind<z.infer<typeof schema>, InboundEndpointRow> = {
  name: "inbound_endpoint.update",
  permission: "inbound-endpoints.write",
  schema,
  async prepare({ vault }, { tenantId, target: { id, version } }, { fields, settings, secrets }) {
    const none: SealedSecrets = { sealed: {}, count: 0 };
    const sealed = secrets && ((await sealSecrets(vault, tenantId, id, secrets)) ?? none);
    return {
      async apply({ inboundEndpoints }, note) {
        // Of the version that is expected, or the update fails.
        const before = await inboundEndpoints.findById(id);
        const changed = await inboundEndpoints.update(id, version ?? 0, {
          ...settings,
          ...(sealed && { secrets: sealed }),
        });
        const details = { fields, secretCount: changed.secretCount };
        await note("inbound_endpoint.updated", details, { before, after: changed, secrets });
        return changed;
      },
    };
  },
  async invert({ database, vault }, { tenantId, target: { id, version } }, { fields, settings, secrets }) {
    const row = await database.asTenant(tenantId, ({ inboundEndpoints }) => inboundEndpoints.findById(id));
    // Another version is found out where the change is applied.
    if (row === undefined || row.version !== version) return { kind: "inbound_endpoint.update", change: {} };
    const before = {
      ...(settings.name !== undefined && { name: row.name }),
      ...(settings.isActive !== undefined && { isActive: row.isActive }),
    };
    const former = secrets && { secrets: await openSecrets(vault, tenantId, id, row.secrets) };
    return { kind: "inbound_endpoint.update", change: { fields, settings: before, ...former } };
  },
};

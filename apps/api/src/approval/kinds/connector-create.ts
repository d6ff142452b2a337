import { z } from "zod";
import { credentialsPlace } from "../../connectors/credentials-place.js";
import type { ConnectorRow } from "../../repositories/index.js";
import type { ChangeKind } from "../change-kind.js";
import { connectorSettingsSchema } from "./connector-settings.js";

const schema = z.object({
  connectorType: z.string(),
  settings: connectorSettingsSchema.omit({ isActive: true }),
  credentials: z.unknown(),
});

/** A new connector. */
export const connectorCreate: ChangeKind<z.infer<typeof schema>, ConnectorRow> = {
  name: "connector.create",
  permission: "connectors.write",
  schema,
  async prepare(
    { vault, events },
    { tenantId, target: { id }, requestedBy },
    { connectorType, settings, credentials },
  ) {
    const sealed = await vault.seal(credentials, credentialsPlace(tenantId, id));
    return {
      async apply({ connectors }, note) {
        const created = { ...settings, id, connectorType, credentials: sealed, createdBy: requestedBy };
        const row = await connectors.create(created);
        const { connectorCode: code, environment } = settings;
        const details = { code, type: connectorType, environment };
        await note("connector.created", details, { after: row, secrets: credentials });
        return row;
      },
      applied: () =>
        events.emit("connector.created", { connection: { type: connectorType, tenantId, connectorId: id } }),
    };
  },
  invert: async () => ({ kind: "connector.delete", change: {} }),
};

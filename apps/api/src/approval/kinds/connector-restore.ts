import { z } from "zod";
import { afterRestore, applyRestore } from "../../deletion/apply-restore.js";
import type { ConnectorRow } from "../../repositories/index.js";
import type { ChangeKind } from "../change-kind.js";

const schema = z.object({
  /** Under another code; missing = its own. */
  code: z.string().optional(),
});

/** That a deleted connector comes back, with its grant. */
export const connectorRestore: ChangeKind<z.infer<typeof schema>, ConnectorRow> = {
  name: "connector.restore",
  permission: "connectors.write",
  schema,
  async prepare(services, { target: { id, version } }, { code }) {
    return {
      apply: (repositories, note) =>
        applyRestore(repositories, note, { id, expectedVersion: version ?? undefined, code }),
      applied: (row) => afterRestore(services, row),
    };
  },
  invert: async () => ({ kind: "connector.delete", change: {} }),
};

import { z } from "zod";
import { afterRestore, applyRestore } from "../../deletion/apply-restore.js";
import type { ConnectorRow } from "../../repositories/index.js";
import type { ChangeKind } from "../change-kind.js";

const schema = z.object({
  /** Under another code; missing = its own. */
  code: z.string().optional(),
  /** Whether it comes back also after the time for restores: only in a roll-back, which no purge comes before. */
  evenOverdue: z.boolean().optional(),
});

/** That a deleted connector comes back, with its grant. */
export const connectorRestore: ChangeKind<z.infer<typeof schema>, ConnectorRow> = {
  name: "connector.restore",
  permission: "connectors.write",
  schema,
  async prepare(services, { target: { id, version } }, { code, evenOverdue }) {
    return {
      apply: (repositories, note) =>
        applyRestore(repositories, note, {
          id,
          expectedVersion: version ?? undefined,
          code,
          ...(evenOverdue && { evenOverdue }),
        }),
      applied: (row) => afterRestore(services, row),
    };
  },
  invert: async () => ({ kind: "connector.delete", change: {} }),
};

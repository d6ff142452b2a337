import { z } from "zod";
import { afterDeletion } from "../../deletion/apply-deletion.js";
import { applyPurge, type BegunPurge } from "../../deletion/apply-purge.js";
import { assertDeletable } from "../../deletion/deletion-rule.js";
import type { Changed, ChangeKind } from "../change-kind.js";

const schema = z.object({});

/**
 * The end of a connector for good. Whoever applies it at once goes on with `carryOutPurge`; after an approval a worker does,
 * once the lease of the one who began is over. Nothing leads back.
 */
export const connectorPurge: ChangeKind<z.infer<typeof schema>, BegunPurge & Changed> = {
  name: "connector.purge",
  permission: "connectors.write",
  schema,
  assertPossible: ({ deletionRules }, repositories, { id }) =>
    assertDeletable(deletionRules, repositories, { kind: "connector", connectorId: id }),
  async prepare(services, { target: { id, version } }) {
    return {
      async apply(repositories, note) {
        const begun = await applyPurge(services, repositories, note, { id, expectedVersion: version ?? undefined });
        return { ...begun, version: begun.row.version };
      },
      applied: ({ row, isFresh }) => {
        if (isFresh) afterDeletion(services, row);
      },
    };
  },
};

import { z } from "zod";
import { afterDeletion, applyDeletion } from "../../deletion/apply-deletion.js";
import { assertDeletable } from "../../deletion/deletion-rule.js";
import type { ConnectorRow } from "../../repositories/index.js";
import type { ChangeKind } from "../change-kind.js";

const schema = z.object({});

/** The deletion of a connector, which can be taken back until it is purged. */
export const connectorDelete: ChangeKind<z.infer<typeof schema>, ConnectorRow> = {
  name: "connector.delete",
  permission: "connectors.write",
  schema,
  assertPossible: ({ deletionRules }, repositories, { id }) =>
    assertDeletable(deletionRules, repositories, { kind: "connector", connectorId: id }),
  async prepare(services, { target: { id, version } }) {
    return {
      apply: (repositories, note) =>
        applyDeletion(services, repositories, note, { id, expectedVersion: version ?? undefined }),
      applied: (row) => afterDeletion(services, row),
    };
  },
  invert: async () => ({ kind: "connector.restore", change: { evenOverdue: true } }),
};

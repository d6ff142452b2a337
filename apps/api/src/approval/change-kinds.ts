import type { ChangeKind } from "./change-kind.js";
import { connectorCreate } from "./kinds/connector-create.js";
import { connectorDelete } from "./kinds/connector-delete.js";
import { connectorPurge } from "./kinds/connector-purge.js";
import { connectorReauthorize } from "./kinds/connector-reauthorize.js";
import { connectorRestore } from "./kinds/connector-restore.js";
import { connectorUpdate } from "./kinds/connector-update.js";
import { inboundEndpointCreate } from "./kinds/inbound-endpoint-create.js";
import { inboundEndpointDelete } from "./kinds/inbound-endpoint-delete.js";
import { inboundEndpointUpdate } from "./kinds/inbound-endpoint-update.js";
import { scheduleCreate } from "./kinds/schedule-create.js";
import { scheduleDelete } from "./kinds/schedule-delete.js";
import { scheduleUpdate } from "./kinds/schedule-update.js";

/** Every kind of change of which a second person may have to decide. */
export const changeKinds: readonly ChangeKind[] = [
  connectorCreate,
  connectorUpdate,
  connectorDelete,
  connectorRestore,
  connectorPurge,
  connectorReauthorize,
  inboundEndpointCreate,
  inboundEndpointUpdate,
  inboundEndpointDelete,
  scheduleCreate,
  scheduleUpdate,
  scheduleDelete,
];

/** @throws {Error} for a name that only a newer release knows. */
export function findChangeKind(name: string): ChangeKind {
  const kind = changeKinds.find((each) => each.name === name);
  if (kind) return kind;
  throw new Error(`This release knows no changes of the kind ${name}.`);
}

import type { ChangeKind } from "./change-kind.js";
import { connectorCreate } from "./kinds/connector-create.js";
import { connectorUpdate } from "./kinds/connector-update.js";
import { scheduleCreate } from "./kinds/schedule-create.js";
import { scheduleDelete } from "./kinds/schedule-delete.js";
import { scheduleUpdate } from "./kinds/schedule-update.js";

/** Every kind of change of which a second person may have to decide. */
export const changeKinds: readonly ChangeKind[] = [
  connectorCreate,
  connectorUpdate,
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

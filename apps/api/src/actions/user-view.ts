import type { UserRow } from "../repositories/index.js";

/** A person as it is answered. */
export function viewUser({ id, email, name, roles, identity, disabledAt, createdAt, updatedAt }: UserRow) {
  return {
    id,
    email,
    name,
    roles: [...roles],
    identity,
    disabled: disabledAt !== null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

/** See {@link viewUser}. */
export type UserView = ReturnType<typeof viewUser>;

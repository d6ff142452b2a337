import { OAuthError } from "../../shared/oauth-error.js";
import type { Row } from "../schema/definitions.js";
import { user } from "../schema/service-objects.js";
import type { SalesforceState } from "../state.js";

/** The people who may sign in, in the order they were made; the first is the administrator. */
export function listActiveUsers(state: SalesforceState): Row[] {
  return [...state.store.all(user)].filter((row) => row.IsActive === true && row.IsDeleted !== true);
}

/** The user with this user name, whatever its letter case. */
export function findUserByName(state: SalesforceState, username: string): Row | undefined {
  const wanted = username.toLowerCase();
  return [...state.store.all(user)].find((row) => String(row.Username).toLowerCase() === wanted);
}

/** The user whom a grant belongs to. @throws {OAuthError} `inactive_user` when an administrator has deactivated them. */
export function requireActiveUser(state: SalesforceState, userId: string): Row {
  const row = state.store.get(user, userId);
  if (row === undefined || row.IsActive !== true) throw new OAuthError("inactive_user", "user is inactive");
  return row;
}

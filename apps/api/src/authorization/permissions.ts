import { type Role, roles } from "../repositories/index.js";

const everybody: readonly Role[] = roles;

/** Every role that there is. */
export const roleNames: typeof roles = roles;

// The one table of who may do what. Roles add up: a person may have several. `approver` decides about other people's
// changes and makes none; `operator` runs what others have set up; `viewer` reads.
const table = {
  /** Connectors, their types, operations and entities. */
  "connectors.read": everybody,
  "connectors.write": ["admin", "editor"],
  /** Authorising, renewing and giving back a connection. */
  "connectors.connect": ["admin", "editor"],
  "connectors.test": ["admin", "editor", "operator"],
  /** Inbound endpoints, and what vendors delivered to them. Their secrets are read by nobody. */
  "inbound-endpoints.read": everybody,
  "inbound-endpoints.write": ["admin", "editor"],
  /** Operations that read the vendor's records. */
  "operations.read": ["admin", "editor", "operator", "viewer"],
  /** Operations that change them. */
  "operations.write": ["admin", "editor", "operator"],
  /** Changes of production connectors that wait for approval, with what they change but no secret. */
  "change-requests.read": everybody,
  "change-requests.comment": ["admin", "editor", "approver"],
  /** Approving and rejecting the changes of others. */
  "change-requests.decide": ["approver"],
  /** Taking a request back: an editor their own. */
  "change-requests.withdraw": ["admin", "editor"],
  /** Changing a production connector at once, for two approvers to confirm. */
  "change-requests.emergency": ["admin"],
  /** Schedules and runs of syncs. */
  "schedules.read": everybody,
  "schedules.write": ["admin", "editor"],
  /** Beginning and ending runs of what others have set up. */
  "syncs.run": ["admin", "editor", "operator"],
  /** What syncs have read: the vendor's records. */
  "records.read": ["admin", "editor", "operator", "viewer"],
  /** Webhooks, and what they were told. Their secrets are shown once. */
  "webhooks.read": ["admin", "editor", "operator"],
  "webhooks.write": ["admin", "editor"],
  /** Sending again what did not arrive. */
  "webhooks.replay": ["admin", "editor", "operator"],
  "users.read": ["admin", "approver"],
  "users.write": ["admin"],
  /**
   * Everybody manages the keys of their own; an administrator those of all. Who comes with a token of an identity provider
   * makes keys as an administrator only.
   */
  "api-keys.own": everybody,
  "api-keys.all": ["admin"],
  /** Whose tokens are taken, and which roles they bring. */
  "identity-providers.read": ["admin", "approver"],
  "identity-providers.write": ["admin"],
  "audit-events.read": ["admin", "approver"],
} as const satisfies Record<string, readonly Role[]>;

/** Something that a role may allow. */
export type Permission = keyof typeof table;

/** Whether any of `roles` allows it. */
export function isAllowed(roles: readonly Role[], permission: Permission): boolean {
  const allowed: readonly Role[] = table[permission];
  return roles.some((role) => allowed.includes(role));
}

/** The roles that allow it, for messages and documentation. */
export function rolesFor(permission: Permission): readonly Role[] {
  return table[permission];
}

// Every type of event that the outside may be told. A new one is one line here, and an `append` where it happens.
const types = {
  "record.created": "A record was read that was not there, or had been deleted.",
  "record.updated": "A record was read that is different now.",
  "record.deleted": "A record is gone at the vendor.",
  "sync.completed": "A run of a sync has read everything that it was to read.",
  "sync.failed": "A run of a sync was ended by an error.",
  "sync.cancelled": "A run of a sync was ended because somebody wished so.",
  "connector.reconnect_required": "A connector's grant is gone or in doubt: a person has to authorise it again.",
  "connector.refresh_failing": "A connector's token could not be renewed for a while. It is tried again.",
  "connector.reconnected": "A connector that needed a person turned out to work.",
  "connector.grant_abandoned": "A connector was purged, and its vendor did not confirm that its grant is revoked.",
  "connector.health_changed": "A connector works better or worse than before, for longer than a moment.",
  "inbound.received": "A vendor has delivered something.",
  "change_request.requested": "Somebody asked for a change of a production connector.",
  "change_request.commented": "Somebody said something about a change.",
  "change_request.approved": "A change was approved and applied.",
  "change_request.rejected": "A change was rejected.",
  "change_request.withdrawn": "A change was taken back before somebody decided.",
  "change_request.expired": "Nobody decided about a change in time.",
  "change_request.stale": "What a change was made for has changed since.",
  "change_request.emergency": "An administrator changed a production connector at once.",
  "change_request.confirmed_once": "One of two approvers has confirmed an emergency.",
  "change_request.confirmed": "Two approvers have confirmed an emergency.",
  "change_request.rolled_back": "An emergency was undone.",
  "change_request.rollback_failed": "An emergency could not be undone; what it changed was switched off.",
} as const;

/** What an event is called. */
export type EventType = keyof typeof types;

/** The types that are about a record: there is one for each version of it. */
export const recordEventTypes = ["record.created", "record.updated", "record.deleted"] as const satisfies EventType[];

/** What each type says, in the order in which they are documented. */
export const eventTypes: Readonly<Record<EventType, string>> = types;

/** The group of a type: `record.*` of `record.created`. */
export function groupOf(type: string): string {
  return `${type.slice(0, type.indexOf("."))}.*`;
}

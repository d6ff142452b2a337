import { eventTypes, groupOf } from "../repositories/event-types.js";

/** What somebody may ask to be told: any type of event, or the group of several. */
export const eventFilters: readonly string[] = [
  ...new Set(Object.keys(eventTypes).flatMap((type) => [groupOf(type), type])),
];

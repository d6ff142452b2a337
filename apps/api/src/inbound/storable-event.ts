import { createHash } from "node:crypto";
import type { InboundEvent } from "@isthmus/core";
import type { NewInboundEvent } from "../repositories/index.js";

/** Characters of a text that an event is stored with; indexes have limits. */
const longest = 300;

/**
 * An event as its columns take it. A vendor's word is taken for what it is, so what no column can hold does not make its
 * delivery come again for ever: such a text is cut or mended, and an id that this would change becomes its digest.
 */
export function toStorableEvent({ id, accountId, entity, recordId, type }: InboundEvent): NewInboundEvent {
  return {
    eventId: fits(id) ? id : createHash("sha256").update(id).digest("base64url"),
    accountId: toStorable(accountId),
    entity: toStorable(entity),
    recordId: recordId === undefined ? null : toStorable(recordId),
    type: toStorable(type),
  };
}

function fits(text: string): boolean {
  return toStorable(text) === text;
}

/** PostgreSQL has no NUL, and UTF-8 no half of a surrogate pair. */
function toStorable(text: string): string {
  return text.slice(0, longest).replaceAll("\0", "\ufffd").toWellFormed();
}

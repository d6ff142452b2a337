import { v7 } from "uuid";

/**
 * A new UUID v7 (RFC 9562): ids made by one process sort in the order they were made, so lists page by id and indexes
 * grow at one end. Node 22 has no v7 of its own.
 */
export function newId(): string {
  return v7();
}

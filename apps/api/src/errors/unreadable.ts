import { isConnectorError } from "@isthmus/core";

/**
 * Whether `error` says that a sealed value does not open, and will not by waiting: its key is another or gone, or it was
 * altered. A key provider that is merely away (`KEY_UNAVAILABLE`) is another matter.
 */
export function isUnreadable(error: unknown): boolean {
  return isConnectorError(error) && error.code === "SEALED_VALUE_UNREADABLE";
}

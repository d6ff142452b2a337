import { UsageError } from "../failures.js";
import type { Host } from "../host.js";

/** Prints a new key as `ISTHMUS_KEYS` takes it. @throws {UsageError} for an id that cannot be one. */
export async function generateKey(id: string, host: Host): Promise<void> {
  // Loaded here only: no other command needs it.
  const { isConnectorError, LocalKeyring } = await import("@isthmus/core");
  try {
    host.write(`${LocalKeyring.generate(id)}\n`);
  } catch (error) {
    if (!isConnectorError(error)) throw error;
    throw new UsageError(error.message.replace(/ Make a key with: .*$/, ""));
  }
}

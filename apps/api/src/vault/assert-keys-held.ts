import type { KeyProvider, Logger } from "@isthmus/core";
import { ConfigurationError } from "../configuration/index.js";
import type { Database } from "../database/index.js";

/** What the check looks at. */
export interface AssertKeysHeldOptions {
  readonly database: Database;
  readonly keyProvider: KeyProvider;
  /** Key-encryption keys that are known to be lost for good. */
  readonly lostKeys: readonly string[];
  readonly logger: Logger;
}

/**
 * Proves that every data key is wrapped by a key-encryption key that the provider holds, or that is known to be lost: found
 * out at the start, not at a tenant's next operation.
 *
 * @throws {ConfigurationError} that names the keys that are missing, and what to do.
 */
export async function assertKeysHeld({
  database,
  keyProvider,
  lostKeys,
  logger,
}: AssertKeysHeldOptions): Promise<void> {
  const usage = await database.asSystem(({ keys }) => keys.countDataKeys());
  const missing = usage
    .filter(({ keyEncryptionKeyId: id }) => !keyProvider.keyIds.includes(id))
    .map(({ keyEncryptionKeyId: id, active, retired }) => ({ id, dataKeys: active + retired }));
  const unknown = missing.filter(({ id }) => !lostKeys.includes(id));
  if (unknown.length > 0) {
    const list = unknown.map(({ id, dataKeys }) => `${id} (wraps ${dataKeys} data keys)`).join(", ");
    throw new ConfigurationError([
      {
        variable: "ISTHMUS_KEYS",
        problem: `lacks ${list}. Put it back behind the first key, rotate with POST /v1/keys/rotate, and remove it once GET /v1/keys says that it wraps nothing. If it is lost, name it in ISTHMUS_LOST_KEYS.`,
        example: `ISTHMUS_KEYS=${keyProvider.currentKeyId}:<base64>,${unknown[0]?.id}:<base64>`,
      },
    ]);
  }
  if (missing.length > 0) {
    logger.warn(
      { lostKeys: missing },
      "Keys are lost: what their data keys seal does not open. Rotate with dataKeys: true",
    );
  }
}

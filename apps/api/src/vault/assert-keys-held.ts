import type { KeyProvider, Logger } from "@isthmus/core";
import { ConfigurationError, type ConfigurationProblem } from "../configuration/index.js";
import type { Database } from "../database/index.js";
import type { KeyUsage } from "../repositories/index.js";
import { findChangedKeys } from "./find-changed-keys.js";

/** What the check looks at. */
export interface AssertKeysHeldOptions {
  readonly database: Database;
  readonly keyProvider: KeyProvider;
  /** Key-encryption keys that are known to be lost for good. */
  readonly lostKeys: readonly string[];
  readonly logger: Logger;
}

/**
 * Proves that every data key is wrapped by a key-encryption key that the provider holds, or that is known to be lost, and
 * that those of the local keyring are still the same ones: found out at the start, not at a tenant's next operation. What is
 * a network away is asked nothing: it must not keep the service from starting.
 *
 * @throws {ConfigurationError} that names the keys that are missing or changed, and what to do.
 */
export async function assertKeysHeld({
  database,
  keyProvider,
  lostKeys,
  logger,
}: AssertKeysHeldOptions): Promise<void> {
  const usage = await database.asSystem(({ keys }) => keys.countDataKeys());
  const missing = usage.filter(({ keyEncryptionKeyId: id }) => !keyProvider.keyIds.includes(id));
  const changed = await findChangedKeys(database, keyProvider);
  const isUnknown = (id: string) => !lostKeys.includes(id);
  const problems = [
    ...describeMissing(missing.filter(({ keyEncryptionKeyId: id }) => isUnknown(id))),
    ...changed.filter(isUnknown).map(describeChanged),
  ];
  if (problems.length > 0) throw new ConfigurationError(problems);
  const lost = usage.filter((each) => missing.includes(each) || changed.includes(each.keyEncryptionKeyId));
  if (lost.length > 0) {
    logger.warn(
      { lostKeys: lost.map((each) => ({ id: each.keyEncryptionKeyId, dataKeys: count(each) })) },
      "Keys are lost: what their data keys seal does not open. Rotate with dataKeys: true",
    );
  }
}

/** Where each kind of provider is told its keys, and how one of them is written there. */
const variables = new Map([
  ["local", { variable: "ISTHMUS_KEYS", write: (id: string) => `${id}:<base64>` }],
  ["aws-kms", { variable: "ISTHMUS_AWS_KMS_KEYS", write: (id: string) => id }],
  // Its ids are those of the engine, then the name.
  ["transit", { variable: "ISTHMUS_TRANSIT_KEYS", write: (id: string) => id.slice(id.lastIndexOf("/") + 1) }],
]);

function* describeMissing(missing: readonly KeyUsage[]): Iterable<ConfigurationProblem> {
  for (const [provider, { variable, write }] of variables) {
    const ofProvider = missing.filter((each) => (variables.has(each.provider) ? each.provider : "local") === provider);
    const [first] = ofProvider;
    if (first === undefined) continue;
    const list = ofProvider.map((each) => `${each.keyEncryptionKeyId} (wraps ${count(each)} data keys)`).join(", ");
    yield {
      variable,
      problem: `lacks ${list}. Put it back behind the first key, rotate with POST /v1/keys/rotate, and remove it once GET /v1/keys says that it wraps nothing. If it is lost, name it in ISTHMUS_LOST_KEYS.`,
      example: `${variable}=<the keys it has>,${write(first.keyEncryptionKeyId)}`,
    };
  }
}

function describeChanged(id: string): ConfigurationProblem {
  return {
    variable: "ISTHMUS_KEYS",
    problem: `holds another key as ${id} than the one that wraps data keys. Put the old one back, and give a new key an id of its own. If the old one is lost, name ${id} in ISTHMUS_LOST_KEYS.`,
    example: `ISTHMUS_KEYS=<new id>:<base64>,${id}:<base64 of the old one>`,
  };
}

function count({ active, retired }: KeyUsage): number {
  return active + retired;
}

import type { Keys } from "../answers.js";
import type { KeysContext } from "../context.js";
import { describeRotation } from "./describe-rotation.js";

/** Prints which keys there are and what they wrap. */
export async function showKeys({ api, host, json }: KeysContext): Promise<void> {
  const keys = await api.getKeys();
  host.write(json ? `${JSON.stringify(keys)}\n` : describeKeys(keys));
}

function describeKeys({ provider, keyEncryptionKeys, dataKeys, staleValues, rotation }: Keys): string {
  const width = Math.max(...keyEncryptionKeys.map(({ id }) => id.length), "key".length);
  const rows = keyEncryptionKeys.map(({ id, dataKeys: count, current, available }) => {
    const remark = !available ? "not held by the service" : current ? "current" : count === 0 ? "wraps nothing" : "";
    return `${id.padEnd(width)}  ${String(count).padStart(9)}  ${remark}`.trimEnd();
  });
  return [
    `${"key".padEnd(width)}  data keys  (provider: ${provider})`,
    ...rows,
    "",
    `Data keys: ${dataKeys.active} active, ${dataKeys.retired} retired`,
    ...(staleValues > 0 ? [`Values under retired data keys: ${staleValues}`] : []),
    rotation ? `Last rotation, of ${rotation.startedAt}: ${describeRotation(rotation)}` : "No rotation yet.",
    "",
  ].join("\n");
}

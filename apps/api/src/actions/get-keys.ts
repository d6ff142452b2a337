import type { Services } from "../services.js";
import { viewKeyRotation } from "./key-rotation-view.js";

/** Which key-encryption keys there are and what they wrap, and the newest rotation. For the platform. */
export async function getKeys({ database, keyProvider }: Services) {
  const { usage, staleValues, newest } = await database.asSystem(async ({ keys }) => ({
    usage: await keys.countDataKeys(),
    staleValues: await keys.countStaleValues(),
    newest: (await keys.list({ limit: 1 })).rows[0],
  }));
  const { provider, currentKeyId, keyIds } = keyProvider;
  const ids = new Set([...keyIds, ...usage.map(({ keyEncryptionKeyId }) => keyEncryptionKeyId)]);
  const countOf = (id: string): number => {
    const found = usage.find(({ keyEncryptionKeyId }) => keyEncryptionKeyId === id);
    return found ? found.active + found.retired : 0;
  };
  return {
    provider,
    currentKeyId,
    keyEncryptionKeys: [...ids].map((id) => ({
      id,
      dataKeys: countOf(id),
      current: id === currentKeyId,
      available: keyIds.includes(id),
    })),
    dataKeys: {
      active: usage.reduce((sum, { active }) => sum + active, 0),
      retired: usage.reduce((sum, { retired }) => sum + retired, 0),
    },
    staleValues,
    rotation: newest ? viewKeyRotation(newest) : null,
  };
}

import { MemoryTokenStore } from "@isthmus/core";

const hourMs = 3_600_000;

/** A store with a token that is valid for an hour, so that no client has to ask for one. */
export async function connectedStore(attributes: Readonly<Record<string, string>>): Promise<MemoryTokenStore> {
  const tokenStore = new MemoryTokenStore();
  const claim = await tokenStore.begin({ purpose: "authorize", version: 0, leaseMs: 60_000 });
  if (claim.outcome !== "begun") throw new Error("A new store refused its first tokens.");
  const now = Date.now();
  await tokenStore.commit(claim.attemptId, {
    refreshAtMs: now + hourMs,
    tokens: { accessToken: "x", tokenType: "Bearer", issuedAtMs: now, expiresAtMs: now + hourMs, attributes },
  });
  return tokenStore;
}

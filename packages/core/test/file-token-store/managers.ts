import { type Clock, createTransport, OAuthClient, systemClock, TokenManager, type TokenStore } from "@isthmus/core";

/** A token manager as a program would make it, on a loopback authorization server. */
export function openManager(store: TokenStore, origin: string, clock: Clock = systemClock) {
  const transport = createTransport({ allowedHosts: [], allowedPrivateHosts: [new URL(origin).host] });
  const profile = {
    grant: "authorization_code",
    issuer: origin,
    tokenEndpoint: `${origin}/token`,
    clientId: "the-client",
    scopes: [],
  } as const;
  const manager = new TokenManager({
    store,
    client: new OAuthClient({ profile, transport, clock }),
    connection: { type: "test", connectorId: "c-1" },
    clock,
  });
  return { manager, close: () => transport.close() };
}

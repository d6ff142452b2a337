const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Whether the client may be answered at this address.
 *
 * @param registered - The exact addresses; `null` allows any https one, and http on this machine.
 */
export function isRedirectUriAllowed(redirectUri: string, registered: readonly string[] | null): boolean {
  if (!URL.canParse(redirectUri) || redirectUri.includes("#")) return false;
  if (registered !== null) return registered.includes(redirectUri);
  const { protocol, hostname } = new URL(redirectUri);
  return protocol === "https:" || (protocol === "http:" && loopbackHosts.has(hostname));
}

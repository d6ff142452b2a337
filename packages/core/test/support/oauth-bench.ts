import { createTransport, type Transport } from "../../src/http/index.js";
import { OAuthClient, type OAuthProfile } from "../../src/oauth/index.js";
import { ManualClock } from "./manual-clock.js";
import { startTokenServer, type TokenServer } from "./token-server.js";

/** A client on a scripted token server. */
export interface OAuthBench extends AsyncDisposable {
  readonly server: TokenServer;
  readonly client: OAuthClient;
  readonly transport: Transport;
  readonly clock: ManualClock;
  readonly profile: OAuthProfile;
}

/** The secrets of {@link openBench}'s profile: they must not appear anywhere. */
export const clientSecret = "cl1ent-s3cret-value";

/** Starts the server and makes a client for it, with a real transport and a clock that stands still. */
export async function openBench(
  script: TokenServer["script"],
  profile: Partial<OAuthProfile> = {},
): Promise<OAuthBench> {
  const server = await startTokenServer(...script);
  const clock = new ManualClock();
  const transport = createTransport({
    allowedHosts: [],
    allowedPrivateHosts: [new URL(server.origin).host],
    retry: { baseMs: 1, capMs: 1 },
  });
  const whole: OAuthProfile = {
    grant: "authorization_code",
    issuer: server.origin,
    tokenEndpoint: `${server.origin}/token`,
    authorizationEndpoint: `${server.origin}/authorize?tenant=7`,
    revocationEndpoint: `${server.origin}/revoke`,
    introspectionEndpoint: `${server.origin}/introspect`,
    clientId: "the-client",
    clientSecret,
    scopes: ["api", "refresh_token"],
    ...profile,
  };
  return {
    server,
    clock,
    transport,
    profile: whole,
    client: new OAuthClient({ profile: whole, transport, clock }),
    [Symbol.asyncDispose]: async () => {
      await transport.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** What `work` throws. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("Expected a failure, but it succeeded");
}

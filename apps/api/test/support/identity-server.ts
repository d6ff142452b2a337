import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";
import Provider, { type Configuration } from "oidc-provider";
import { approveInBrowser } from "../../../../packages/core/test/support/authorization-server.js";
import { listenOnLoopback } from "../../../../packages/core/test/support/listen.js";

/** The provider's name for the service: `aud` of the tokens made for it. */
export const audience = "https://isthmus.example.com";

const redirectUri = "http://127.0.0.1/signed-in";
const machine = { id: "nightly-job", secret: "nightly-s3cret-nightly-s3cret!!!" };

/** What the provider does instead of showing its keys. */
export type KeysFault = (request: IncomingMessage, response: ServerResponse) => void;

/** An organisation's identity provider (`oidc-provider`) on loopback. */
export interface IdentityServer {
  readonly issuer: string;
  /** `host:port`. */
  readonly host: string;
  /** Claims that access tokens carry, by login or client id. */
  readonly claims: Map<string, Readonly<Record<string, unknown>>>;
  /** Requests for the keys so far. */
  readonly keyRequests: () => number;
  keysFault: KeysFault | undefined;
  /** Logs `ann` in as a browser would. */
  logIn(): Promise<{ readonly accessToken: string; readonly idToken: string }>;
  /** A token of a program that acts for itself. */
  logInMachine(): Promise<string>;
  /** A token as the provider would make it, with whatever is to be wrong with it, signed by its key. `undefined` leaves a claim out. */
  sign(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Its public key, as it shows it. */
  readonly publicKey: () => Readonly<Record<string, unknown>>;
  /** Replaces its key by a new one. */
  rotateKey(): Promise<void>;
  close(): Promise<void>;
}

async function makeKey() {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: randomBytes(6).toString("hex"), alg: "RS256", use: "sig" };
  const { kty, n, e, kid, alg, use } = jwk;
  return { privateKey, jwk, publicJwk: { kty, n, e, kid, alg, use } };
}

/** Starts it. Its access tokens are signed, for {@link audience}, and say what {@link IdentityServer.claims} hold. */
export async function startIdentityServer(): Promise<IdentityServer> {
  const claims: IdentityServer["claims"] = new Map();
  let keyRequests = 0;
  let handle: (request: IncomingMessage, response: ServerResponse) => void;
  const server = createServer((request, response) => {
    if (request.url !== "/jwks") return handle(request, response);
    keyRequests += 1;
    return identity.keysFault ? identity.keysFault(request, response) : handle(request, response);
  });
  const { origin: issuer, close } = await listenOnLoopback(server);
  let key = await makeKey();
  const serve = () => {
    handle = new Provider(issuer, configurationOf(claims, key.jwk)).callback();
  };
  serve();
  const askForToken = async (form: Record<string, string>) => {
    const answer = await fetch(`${issuer}/token`, { method: "POST", body: new URLSearchParams(form) });
    const body = (await answer.json()) as { access_token: string; id_token: string };
    if (!answer.ok) throw new Error(`No token: ${JSON.stringify(body)}`);
    return body;
  };
  const identity: IdentityServer = {
    issuer,
    host: new URL(issuer).host,
    claims,
    keyRequests: () => keyRequests,
    keysFault: undefined,
    async logIn() {
      const verifier = randomBytes(32).toString("base64url");
      const query = new URLSearchParams({
        client_id: "portal",
        response_type: "code",
        redirect_uri: redirectUri,
        scope: "openid api",
        resource: audience,
        code_challenge: createHash("sha256").update(verifier).digest("base64url"),
        code_challenge_method: "S256",
      });
      const back = new URL(await approveInBrowser(`${issuer}/auth?${query}`, redirectUri));
      const code = back.searchParams.get("code") ?? "";
      const form = { grant_type: "authorization_code", code, redirect_uri: redirectUri, client_id: "portal" };
      const body = await askForToken({ ...form, code_verifier: verifier, resource: audience });
      return { accessToken: body.access_token, idToken: body.id_token };
    },
    async logInMachine() {
      const form = { grant_type: "client_credentials", client_id: machine.id, client_secret: machine.secret };
      return (await askForToken({ ...form, scope: "api", resource: audience })).access_token;
    },
    sign(changes = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000);
      const payload = {
        ...{ iss: issuer, aud: audience, sub: "ann", iat: now, exp: now + 600, jti: randomBytes(9).toString("hex") },
        ...claims.get("ann"),
        ...changes,
      };
      const given = Object.entries(payload).filter(([, value]) => value !== undefined);
      return new SignJWT(Object.fromEntries(given) as JWTPayload)
        .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid: key.jwk.kid, ...header } as JWTHeaderParameters)
        .sign(key.privateKey);
    },
    publicKey: () => key.publicJwk,
    async rotateKey() {
      key = await makeKey();
      serve();
    },
    close,
  };
  return identity;
}

function configurationOf(claims: IdentityServer["claims"], key: JWK): Configuration {
  return {
    clients: [
      {
        client_id: "portal",
        redirect_uris: [redirectUri],
        grant_types: ["authorization_code"],
        response_types: ["code"],
        token_endpoint_auth_method: "none",
      },
      {
        client_id: machine.id,
        client_secret: machine.secret,
        redirect_uris: [],
        grant_types: ["client_credentials"],
        response_types: [],
        token_endpoint_auth_method: "client_secret_post",
      },
    ],
    jwks: { keys: [key] } as Configuration["jwks"],
    scopes: ["openid", "api"],
    cookies: { keys: ["test-cookie-key"] },
    ttl: { AccessToken: 600, ClientCredentials: 600, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
    findAccount: async (_context, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    extraTokenClaims: async (_context, token) =>
      claims.get(("accountId" in token ? token.accountId : undefined) ?? token.clientId ?? ""),
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: "api",
          audience,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  };
}

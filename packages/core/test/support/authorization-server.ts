import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider, { type Configuration } from "oidc-provider";
import { listenOnLoopback } from "./listen.js";

/** An authorization server that nobody here wrote, on loopback. */
export interface AuthorizationServer extends AsyncDisposable {
  readonly issuer: string;
  /** Token requests that it has answered, with the error code or `undefined`. */
  readonly tokenAnswers: (string | undefined)[];
}

function createKey() {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: publicKey.export({ format: "jwk" }),
  };
}

/** The clients that it knows; it does not know the stranger. */
export const knownClients = {
  signer: { id: "isthmus-signer", ...createKey() },
  stranger: createKey(),
  web: { id: "isthmus-web", secret: "web-s3cret-web-s3cret-web-s3cret" },
  machine: { id: "isthmus-machine", secret: "machine-s3cret-machine-s3cret!!" },
} as const;

/** Starts `oidc-provider` with rotation of refresh tokens, revocation and introspection, and logins by its own pages. */
export async function startAuthorizationServer(redirectUri: string): Promise<AuthorizationServer> {
  // The issuer has to be known before the provider is made, and the port is known after listening.
  const server = createServer((request, response) => handle(request, response));
  const { origin, close } = await listenOnLoopback(server);
  const configuration: Configuration = {
    clients: [
      {
        client_id: knownClients.web.id,
        client_secret: knownClients.web.secret,
        redirect_uris: [redirectUri],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "client_secret_post",
      },
      {
        client_id: knownClients.machine.id,
        client_secret: knownClients.machine.secret,
        redirect_uris: [],
        grant_types: ["client_credentials"],
        response_types: [],
        token_endpoint_auth_method: "client_secret_basic",
      },
      {
        client_id: knownClients.signer.id,
        redirect_uris: [],
        grant_types: ["client_credentials"],
        response_types: [],
        token_endpoint_auth_method: "private_key_jwt",
        jwks: { keys: [{ ...knownClients.signer.publicKey, kty: "RSA", use: "sig", alg: "RS256" }] },
      },
    ],
    scopes: ["openid", "offline_access", "api"],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    ttl: {
      AccessToken: 600,
      ClientCredentials: 600,
      RefreshToken: 86_400,
      IdToken: 600,
      Interaction: 600,
      Session: 600,
      Grant: 86_400,
    },
    findAccount: async (_context, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    cookies: { keys: ["test-cookie-key"] },
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      introspection: { enabled: true },
    },
    // Refresh tokens also without `offline_access` and its forced consent.
    issueRefreshToken: async (_context, client) => client.grantTypeAllowed("refresh_token"),
  };
  const provider = new Provider(origin, configuration);
  const handle = provider.callback();
  const tokenAnswers: (string | undefined)[] = [];
  provider.on("grant.success", () => {
    tokenAnswers.push(undefined);
  });
  provider.on("grant.error", (_context, error) => {
    tokenAnswers.push(error.error);
  });
  return { issuer: origin, tokenAnswers, [Symbol.asyncDispose]: close };
}

/**
 * Goes through login and consent as a browser would: follows redirects, keeps cookies, sends the pages' forms.
 * @returns the address that the browser is sent to at the end, which begins with `redirectUri`.
 */
export function approveInBrowser(authorizationUrl: string, redirectUri: string): Promise<string> {
  return browse(authorizationUrl, redirectUri, (page) => {
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? "";
    const login: Record<string, string> = prompt === "login" ? { login: "ann", password: "any" } : {};
    return action === undefined ? undefined : { href: action, form: new URLSearchParams({ prompt, ...login }) };
  });
}

/** Like {@link approveInBrowser}, but follows the first page's link to decline. */
export function declineInBrowser(authorizationUrl: string, redirectUri: string): Promise<string> {
  return browse(authorizationUrl, redirectUri, (page) => {
    const href = /href="([^"]+\/abort)"/.exec(page)?.[1];
    return href === undefined ? undefined : { href };
  });
}

interface NextStep {
  readonly href: string;
  /** Sent by POST where there is one. */
  readonly form?: URLSearchParams;
}

async function browse(
  start: string,
  redirectUri: string,
  act: (page: string) => NextStep | undefined,
): Promise<string> {
  const cookies = new Map<string, string>();
  let url = start;
  let form: URLSearchParams | undefined;
  for (let step = 0; step < 20; step += 1) {
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form && { method: "POST", body: form }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const page = await response.text();
    const location = response.headers.get("location");
    const next = location === null ? act(page) : { href: location };
    if (next === undefined) throw new Error(`The page (${response.status}) offers no way on: ${page.slice(0, 300)}`);
    url = new URL(next.href, url).href;
    form = next.form;
    if (url.startsWith(redirectUri)) return url;
  }
  throw new Error("The browser went round in circles");
}

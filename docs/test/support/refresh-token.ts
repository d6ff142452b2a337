import { createHash, randomBytes } from "node:crypto";

/** An authorization done by hand, so that the packages under test are not what makes their own input. */
export async function grantRefreshToken(sandbox: {
  readonly url: string;
  readonly client: { readonly id: string; readonly secret: string };
}): Promise<string> {
  const verifier = randomBytes(32).toString("base64url");
  const redirectUri = "http://127.0.0.1:9999/callback";
  const query = new URLSearchParams({
    response_type: "code",
    client_id: sandbox.client.id,
    redirect_uri: redirectUri,
    scope: "api refresh_token",
    state: "s",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const redirect = await fetch(`${sandbox.url}/services/oauth2/authorize?${query}`, { redirect: "manual" });
  const code = new URL(redirect.headers.get("location") ?? "", sandbox.url).searchParams.get("code");
  if (!code) throw new Error(`The sandbox did not redirect with a code: ${redirect.status}.`);
  const answer = await fetch(`${sandbox.url}/services/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: redirectUri,
      client_id: sandbox.client.id,
      client_secret: sandbox.client.secret,
      code_verifier: verifier,
    }),
  });
  const { refresh_token: refreshToken } = (await answer.json()) as { refresh_token?: string };
  if (!refreshToken) throw new Error(`The sandbox granted no refresh token: ${answer.status}.`);
  return refreshToken;
}

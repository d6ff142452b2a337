import fastifyPlugin from "fastify-plugin";
import { ApiError } from "../errors/index.js";
import { sha256Hex } from "../keys/api-key.js";
import { type CredentialGuesses, rateLimitHeaders } from "../limits/index.js";

/** What {@link credentialGuessesPlugin} needs. */
export interface CredentialGuessesOptions {
  /** `undefined` = anybody may guess as fast as they like. */
  readonly guesses: CredentialGuesses | undefined;
  /** Where the credential is: in the Authorization header, or in the address, as in links that a browser opens. */
  readonly place: "authorization" | "address";
}

const refusals: ReadonlySet<string> = new Set(["UNAUTHENTICATED", "AUTHORIZATION_LINK_INVALID", "OAUTH_STATE_INVALID"]);

/** Bounds the guessing of credentials, on every route of the scope that it is registered in, before the authentication. */
export const credentialGuessesPlugin = fastifyPlugin((app, { guesses, place }: CredentialGuessesOptions, done) => {
  if (guesses === undefined) {
    done();
    return;
  }
  const digestOf = ({ authorization }: { readonly authorization?: string | undefined }) =>
    authorization === undefined ? undefined : sha256Hex(authorization);
  const isGuess = (digest: string | undefined) =>
    place === "address" || (digest !== undefined && !guesses.isKnown(digest));

  app.addHook("onRequest", async (request, reply) => {
    if (!isGuess(digestOf(request.headers))) return;
    const state = guesses.look(request.ip);
    if (state.isFree) return;
    reply.headers(rateLimitHeaders([{ name: "refused credentials", limiter: guesses.limiter, state }]));
    throw new ApiError("TOO_MANY_REQUESTS", "Too many refused credentials from this address. Wait for Retry-After.", {
      retryAfterMs: state.retryAfterMs,
    });
  });
  // Behind the authentication: whatever came in the header was accepted.
  app.addHook("preParsing", async (request) => {
    const digest = place === "authorization" ? digestOf(request.headers) : undefined;
    if (digest !== undefined) guesses.accepted(digest);
  });
  app.addHook("onError", async (request, _reply, error) => {
    const digest = place === "authorization" ? digestOf(request.headers) : undefined;
    // Who sent no credential at all has guessed none.
    if (place === "authorization" && digest === undefined) return;
    if (refusals.has(String(Reflect.get(error, "code")))) guesses.refused(request.ip, digest);
  });
  done();
});

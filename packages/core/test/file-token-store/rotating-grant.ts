import { startTokenServer, type TokenServer } from "../support/token-server.js";

/** A token endpoint that spends each refresh token once and revokes the grant when a spent one returns. */
export interface RotatingGrant extends AsyncDisposable {
  readonly origin: string;
  /** Refresh tokens as they came. */
  readonly sent: (string | null)[];
  /** How often a spent one came. */
  readonly reused: number;
  /** Resolves when the first request is there and its token is spent. */
  readonly called: Promise<void>;
  /** Lets the answers go. Without it, they are held. */
  answer(): void;
}

/** Starts it. The first pair, which somebody was granted earlier, is `access-t0ken-1` and `refresh-t0ken-1`. */
export async function startRotatingGrant(): Promise<RotatingGrant> {
  const called = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let current: number | undefined = 1;
  let reused = 0;
  const server: TokenServer = await startTokenServer(async ({ form }) => {
    if (current === undefined || form.get("refresh_token") !== `refresh-t0ken-${current}`) {
      current = undefined;
      reused += 1;
      return { status: 400, json: { error: "invalid_grant" } };
    }
    const next = current + 1;
    current = next;
    called.resolve();
    await released.promise;
    const tokens = { access_token: `access-t0ken-${next}`, refresh_token: `refresh-t0ken-${next}` };
    return { json: { ...tokens, token_type: "Bearer", expires_in: 3600 } };
  });
  return {
    origin: server.origin,
    get sent() {
      return server.seen.map(({ form }) => form.get("refresh_token"));
    },
    get reused() {
      return reused;
    },
    called: called.promise,
    answer: released.resolve,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

import type { TokenSet } from "@isthmus/core";
import type { ClauseCheck, ClauseSubject } from "../suite/clause.js";
import { type Session, withSession } from "../suite/session.js";
import { waitUntil } from "../suite/wait-until.js";
import { demand, demandCode, demandEqual } from "../violation.js";

const callers = 10;

/** Clauses about tokens that end: by the clock, by the vendor's refusal, or for good. */
export const tokenClauses = {
  "refresh.before_expiry": {
    requires: ["tokens"],
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        session.clock.advance((await lifetimeMs(subject, session)) / 3);
        const early = await session.requestsDuring("token", () => session.run(session.read));
        demandEqual(early, 0, "Token requests after a third of the lifetime");
        await demandRenewalAhead(subject, session);
      }),
  },

  "refresh.concurrent": {
    requires: ["tokens"],
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        const readAll = () => Promise.all(Array.from({ length: callers }, () => session.run(session.read)));
        session.clock.advance((await lifetimeMs(subject, session)) + 1_000);
        const ended = await session.requestsDuring("token", () =>
          session.successOf(readAll, `${callers} reads at once with an expired token`),
        );
        demandEqual(ended, 1, `Token requests of ${callers} reads at once with an expired token`);
        await session.grant.expireAccessTokens(session.standIn);
        const refused = await session.requestsDuring("token", () =>
          session.successOf(readAll, `${callers} reads at once with a refused token`),
        );
        demandEqual(refused, 1, `Token requests of ${callers} reads at once with a refused token`);
      }),
  },

  "refresh.assumed_lifetime": {
    requires: ["tokens", "lifetime_omission"],
    run: (subject, id) =>
      withSession(
        subject,
        id,
        async (session) => {
          await session.grant.omitLifetime?.(session.standIn);
          await session.successOf(() => session.connect(), "Connecting when the vendor states no lifetime");
          const { assumedLifetimeMs } = subject.definition.refreshPolicy;
          demand(
            assumedLifetimeMs > 0 && assumedLifetimeMs < 32 * 24 * 3_600_000,
            "The policy assumes no sane lifetime.",
          );
          await demandRenewalAhead(subject, session, assumedLifetimeMs);
        },
        { connected: false },
      ),
  },

  "refused_token.renewed": {
    requires: ["tokens"],
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        await session.grant.expireAccessTokens(session.standIn);
        const tokenRequests = await session.requestsDuring("token", async () => {
          const reads = await session.requestsDuring("read", () =>
            session.successOf(() => session.run(session.read), "A read with a token that the vendor no longer accepts"),
          );
          demandEqual(reads, 2, "Reads sent for one whose token was refused once");
        });
        demandEqual(tokenRequests, 1, "Token requests after one refusal");
      }),
  },

  "refused_token.no_loop": {
    requires: ["tokens"],
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        await session.fail({ on: "read", kind: "status", status: 401, times: 40 });
        const tokenRequests = await session.requestsDuring("token", async () => {
          const reads = await session.requestsDuring("read", async () => {
            const error = await session.failureOf(() => session.run(session.read), "A read that is always refused");
            demandCode(error, ["AUTHENTICATION_FAILED", "RECONNECT_REQUIRED"], "A read that is always refused");
          });
          demand(reads <= 2, `A read that is always refused was sent ${reads} times, expected 2 at most.`);
        });
        demand(tokenRequests <= 1, `A read that is always refused made ${tokenRequests} token requests, expected 1.`);
      }),
  },

  "grant.revoked": {
    requires: ["browser"],
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        await session.grant.revoke(session.standIn);
        const read = () => session.run(session.read);
        const error = await session.failureOf(read, "A read after the grant was revoked");
        demandCode(error, ["RECONNECT_REQUIRED"], "A read after the grant was revoked");
        const again = await session.requestsDuring("token", async () => {
          demandCode(await session.failureOf(read, "A second read"), ["RECONNECT_REQUIRED"], "A second read");
        });
        demandEqual(again, 0, "Token requests once the grant is known to be gone");
      }),
  },

  "grant.revoked_event": {
    requires: ["browser"],
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        await session.grant.revoke(session.standIn);
        await session.failureOf(() => session.run(session.read), "A read after the grant was revoked");
        const told = session.events.filter((name) => name === "connector.reconnect_required").length;
        demandEqual(told, 1, "connector.reconnect_required events");
      }),
  },
} as const satisfies Record<string, ClauseCheck>;

/** Demands one token request shortly before the stored token ends, and none while the new one is fresh. */
async function demandRenewalAhead(subject: ClauseSubject, session: Session, fixedLifetimeMs?: number): Promise<void> {
  const { version, tokens } = await session.store.load();
  demand(tokens, "No token is stored.");
  const lifetime = fixedLifetimeMs ?? (await lifetimeMs(subject, session));
  const marginMs = Math.min(subject.definition.refreshPolicy.marginMs, lifetime / 4);
  session.clock.advance(tokens.issuedAtMs + lifetime - marginMs / 2 - session.clock.now());
  const requests = await session.requestsDuring("token", async () => {
    // A token that is about to end may be renewed beside the read that noticed it.
    await session.successOf(() => session.run(session.read), "A read shortly before the token ends");
    const isRenewed = async () => (await session.store.load()).version > version;
    await waitUntil(isRenewed, "A new token shortly before the old one ends");
    await session.successOf(() => session.run(session.read), "A read with the new token");
  });
  demandEqual(requests, 1, "Token requests shortly before the token ends");
}

/** How long the stored token lives: as the vendor states, or as the policy assumes. */
async function lifetimeMs(subject: ClauseSubject, session: Session): Promise<number> {
  const { tokens } = await session.store.load();
  demand(tokens, "No token is stored.");
  return statedLifetimeMs(tokens) ?? subject.definition.refreshPolicy.assumedLifetimeMs;
}

function statedLifetimeMs({ expiresAtMs, issuedAtMs }: TokenSet): number | undefined {
  return expiresAtMs === undefined ? undefined : expiresAtMs - issuedAtMs;
}

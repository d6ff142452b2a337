import type { ClauseCheck } from "../suite/clause.js";
import { withSession } from "../suite/session.js";
import { demand, demandCode, demandEqual } from "../violation.js";

/** Clauses about connecting, testing and disconnecting. */
export const connectionClauses = {
  "connect.repeatable": {
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        const connect = () => session.connector.connect();
        const first = await session.successOf(connect, "connect");
        const second = await session.successOf(connect, "A second connect");
        demand(first.id !== "" && first.name !== "", "The connected account has no id or no name.");
        demandEqual(second.id, first.id, "The account of a second connect");
      }),
  },

  "disconnect.repeatable": {
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        const disconnect = () => session.connector.disconnect();
        const first = await session.successOf(disconnect, "disconnect");
        session.noteFailure(first.failure);
        const requests = await session.requestsDuring("any", async () => {
          const second = await session.successOf(disconnect, "A second disconnect");
          demand(!second.revoked && !second.failure, "A second disconnect claims that it revoked or failed again.");
        });
        demandEqual(requests, 0, "Requests of a second disconnect");
        demand(!(await session.store.load()).tokens, "There are still tokens in the store after disconnect.");
        if (subject.harness.authenticationMethod !== "oauth2_authorization_code") return;
        const error = await session.failureOf(() => session.run(session.read), "A read after disconnect");
        demandCode(error, ["RECONNECT_REQUIRED"], "A read after disconnect");
      }),
  },

  "disconnect.forgets": {
    requires: ["tokens"],
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        await session.fail({ on: "revoke", kind: "cut_before", times: 1_000 });
        const result = await session.successOf(() => session.connector.disconnect(), "disconnect");
        session.noteFailure(result.failure);
        demand(!(await session.store.load()).tokens, "There are still tokens in the store after disconnect.");
        demandEqual(result.revoked, false, "revoked, when the vendor could not be told");
      }),
  },

  "connection_test.ok": {
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        const test = await session.successOf(() => session.connector.testConnection(), "testConnection");
        const failed = test.checks.filter((check) => !check.ok).map(({ name, detail }) => `${name}: ${detail}`);
        demand(
          test.ok && failed.length === 0,
          `The connection test failed: ${failed.join("; ") || "without a check"}.`,
        );
        demand(test.checks.length > 0, "The connection test looked at nothing.");
        demand(test.account && test.account.id !== "", "The connection test names no account.");
      }),
  },

  "connection_test.away": {
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        await session.fail({ on: "any", kind: "cut_before", times: 10_000 });
        const test = await session.successOf(
          () => session.connector.testConnection(),
          "testConnection of a dead vendor",
        );
        demandEqual(test.ok, false, "ok, when the vendor is away");
        const failed = test.checks.find((check) => !check.ok);
        session.noteWords(failed);
        demand(failed?.code !== undefined && failed.detail !== "", "The failed check has no code or no detail.");
      }),
  },
} as const satisfies Record<string, ClauseCheck>;

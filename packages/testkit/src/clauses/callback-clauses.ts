import type { ConnectorErrorCode } from "@isthmus/core";
import type { ClauseCheck, ClauseSubject } from "../suite/clause.js";
import type { ClauseId } from "../suite/contract.js";
import { type Session, withSession } from "../suite/session.js";
import { demand, demandCode, demandEqual } from "../violation.js";

type Begun = Awaited<ReturnType<Session["begin"]>>;

/** Clauses about the way back from the vendor's consent page. */
export const callbackClauses = {
  "callback.connects": {
    requires: ["browser"],
    run: (subject, id) =>
      onCallback(subject, id, async (session, { authorizationUrl, pending }) => {
        const callbackUrl = await session.approve(authorizationUrl);
        const finish = () => session.connector.handleCallback(callbackUrl, pending);
        const account = await session.successOf(finish, "handleCallback");
        demand(account.id !== "" && account.name !== "", "The connected account has no id or no name.");
        demand((await session.store.load()).tokens, "No token was stored after the callback.");
        demand(session.events.includes("connector.connected"), "connector.connected was not emitted.");
        await session.successOf(() => session.run(session.read), "A read after the callback");
      }),
  },

  "callback.wrong_state": {
    requires: ["browser"],
    run: (subject, id) =>
      onCallback(subject, id, async (session, begun) => {
        const callbackUrl = new URL(await session.approve(begun.authorizationUrl));
        const other = await session.begin();
        callbackUrl.searchParams.set("state", other.pending.state);
        await demandRefusal(session, callbackUrl.href, begun, ["OAUTH_STATE_INVALID"]);
      }),
  },

  "callback.missing_state": {
    requires: ["browser"],
    run: (subject, id) =>
      onCallback(subject, id, async (session, begun) => {
        const callbackUrl = new URL(await session.approve(begun.authorizationUrl));
        callbackUrl.searchParams.delete("state");
        await demandRefusal(session, callbackUrl.href, begun, ["OAUTH_STATE_INVALID"]);
      }),
  },

  "callback.denied": {
    requires: ["browser"],
    run: (subject, id) =>
      onCallback(subject, id, async (session, begun) => {
        const callbackUrl = await session.browser.deny(session.standIn, begun.authorizationUrl);
        await demandRefusal(session, callbackUrl, begun, ["OAUTH_DENIED"]);
      }),
  },

  "callback.expired": {
    requires: ["browser"],
    run: (subject, id) =>
      onCallback(subject, id, async (session, begun) => {
        const callbackUrl = await session.approve(begun.authorizationUrl);
        // A day is longer than any person needs to click.
        session.clock.advance(24 * 3_600_000);
        await demandRefusal(session, callbackUrl, begun, ["OAUTH_STATE_INVALID"]);
      }),
  },

  "callback.used_twice": {
    requires: ["browser"],
    run: (subject, id) =>
      onCallback(subject, id, async (session, { authorizationUrl, pending }) => {
        const callbackUrl = await session.approve(authorizationUrl);
        const finish = () => session.connector.handleCallback(callbackUrl, pending);
        await session.successOf(finish, "The first use of the callback");
        const error = await session.failureOf(finish, "The second use of the callback");
        // Whoever keeps `pending` refuses a second use before it gets here; behind them the vendor refuses the spent code.
        const codes: ConnectorErrorCode[] = ["OAUTH_STATE_INVALID", "AUTHENTICATION_FAILED", "RECONNECT_REQUIRED"];
        demandCode(error, codes, "The second use of the callback");
      }),
  },
} as const satisfies Record<string, ClauseCheck>;

function onCallback(
  subject: ClauseSubject,
  id: ClauseId,
  work: (session: Session, begun: Begun) => Promise<void>,
): Promise<void> {
  return withSession(subject, id, async (session) => work(session, await session.begin()), { connected: false });
}

/** Demands that a callback is refused with one of the codes, before anything is asked of the vendor. */
async function demandRefusal(
  session: Session,
  callbackUrl: string,
  { pending }: Begun,
  codes: readonly ConnectorErrorCode[],
): Promise<void> {
  const finish = () => session.connector.handleCallback(callbackUrl, pending);
  const requests = await session.requestsDuring("token", async () => {
    demandCode(await session.failureOf(finish, "handleCallback"), codes, "handleCallback");
  });
  demandEqual(requests, 0, "Token requests for a refused callback");
  demand(!(await session.store.load()).tokens, "There are tokens in the store after a refused callback.");
}

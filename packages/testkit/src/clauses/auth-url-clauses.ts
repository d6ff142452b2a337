import { findSecrets } from "../evidence/find-secrets.js";
import { writeOnlyValues } from "../evidence/write-only-values.js";
import type { ClauseCheck } from "../suite/clause.js";
import { withSession } from "../suite/session.js";
import { demand, demandCode, demandEqual } from "../violation.js";

/** Clauses about the address that a person is sent to. */
export const authUrlClauses = {
  "auth_url.state": {
    requires: ["browser"],
    run: (subject, id) =>
      withSession(
        subject,
        id,
        async (session) => {
          const states = new Set<string>();
          for (let round = 0; round < 3; round += 1) {
            const { authorizationUrl, pending } = await session.begin();
            const sent = parametersOf(authorizationUrl).get("state");
            demand(sent !== null, "The authorization URL has no state.");
            demandEqual(sent, pending.state, "The state in the URL and the one that is kept differ");
            // 128 bits in base64url; RFC 6749 section 10.10 asks for no fewer.
            demand(sent.length >= 22, `The state has ${sent.length} characters, too few to be unguessable.`);
            states.add(sent);
          }
          demandEqual(states.size, 3, "Different states of three authorizations");
        },
        { connected: false },
      ),
  },

  "auth_url.pkce": {
    requires: ["browser"],
    run: (subject, id) =>
      withSession(
        subject,
        id,
        async (session) => {
          const challenges = new Set<string | null>();
          for (let round = 0; round < 2; round += 1) {
            const { authorizationUrl, pending } = await session.begin();
            const parameters = parametersOf(authorizationUrl);
            demandEqual(parameters.get("code_challenge_method"), "S256", "The challenge method");
            const challenge = parameters.get("code_challenge");
            demand(/^[\w-]{43}$/.test(challenge ?? ""), "The code_challenge is no SHA-256 digest in base64url.");
            demand(!authorizationUrl.includes(pending.codeVerifier), "The verifier stands in the authorization URL.");
            challenges.add(challenge);
          }
          demandEqual(challenges.size, 2, "Different challenges of two authorizations");
        },
        { connected: false },
      ),
  },

  "auth_url.parameters": {
    requires: ["browser"],
    run: (subject, id) =>
      withSession(
        subject,
        id,
        async (session) => {
          const { authorizationUrl } = await session.begin();
          const parameters = parametersOf(authorizationUrl);
          demandEqual(parameters.get("response_type"), "code", "response_type");
          demandEqual(parameters.get("redirect_uri"), session.browser.redirectUri, "redirect_uri");
          demand((parameters.get("client_id") ?? "") !== "", "The authorization URL has no client_id.");
          for (const name of new Set(parameters.keys())) {
            demandEqual(parameters.getAll(name).length, 1, `Occurrences of ${name} in the authorization URL`);
          }
        },
        { connected: false },
      ),
  },

  "auth_url.no_secret": {
    requires: ["browser"],
    run: (subject, id) =>
      withSession(
        subject,
        id,
        async (session) => {
          const { authorizationUrl, pending } = await session.begin();
          const { credentials } = session.standIn.settings;
          const scheme = subject.definition.authentication[subject.harness.authenticationMethod];
          const secrets = [
            pending.codeVerifier,
            ...(scheme ? writeOnlyValues(scheme.credentials, credentials) : []),
            ...((await session.standIn.secrets?.()) ?? []),
          ];
          const found = findSecrets(authorizationUrl, secrets);
          demand(found.length === 0, `The authorization URL holds ${found.length} secrets (${found[0]?.encoding}).`);
        },
        { connected: false },
      ),
  },

  "auth_url.unsupported": {
    requiresLack: "browser",
    run: (subject, id) =>
      withSession(
        subject,
        id,
        async (session) => {
          const begin = () => session.connector.getAuthUrl({ redirectUri: "https://isthmus.example/oauth/callback" });
          demandCode(
            await session.failureOf(begin, "getAuthUrl"),
            ["UNSUPPORTED"],
            "getAuthUrl without a browser step",
          );
        },
        { connected: false },
      ),
  },
} as const satisfies Record<string, ClauseCheck>;

function parametersOf(authorizationUrl: string): URLSearchParams {
  return new URL(authorizationUrl).searchParams;
}

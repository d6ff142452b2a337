import type { OAuthRefusal, RefusalMeaning } from "@isthmus/core";

interface Row extends RefusalMeaning {
  /** Any of these values of `error`; missing: any. */
  readonly error?: readonly string[];
  /** Found in `error_description`; missing: any. */
  readonly words?: RegExp;
}

/**
 * What Salesforce means by a refusal of its OAuth endpoints: the first row that fits. `invalid_grant` covers much that no new
 * grant mends, so its words decide; where they say nothing known, it is what RFC 6749 says.
 */
export function explainRefusal({ error, description = "" }: OAuthRefusal): RefusalMeaning | undefined {
  const row = table.find(
    (candidate) =>
      (candidate.error === undefined || candidate.error.includes(error ?? "")) &&
      (candidate.words === undefined || candidate.words.test(description)),
  );
  return row && { verdict: row.verdict, advice: row.advice };
}

/**
 * The table. What stands first wins. Where the words come from is written beside each fixture in
 * `test/fixtures/oauth-errors.json`.
 */
const table: readonly Row[] = [
  {
    error: ["invalid_grant"],
    words: /expired (access\/)?refresh token|expired access|token (revoked|has been revoked)/i,
    verdict: "grant_gone",
    advice: "the grant was revoked or has expired; connect again",
  },
  {
    error: ["invalid_grant"],
    words: /authorization code/i,
    verdict: "grant_gone",
    advice: "the code was used or is too old; begin the connection again",
  },
  {
    error: ["inactive_user", "invalid_grant"],
    words: /inactive user|user is (inactive|frozen|locked)|user.*(locked|inactive)/i,
    verdict: "client",
    advice: "the user is inactive, frozen or locked; an administrator can bring the user back",
  },
  {
    error: ["inactive_user"],
    verdict: "client",
    advice: "the user is inactive, frozen or locked; an administrator can bring the user back",
  },
  {
    error: ["inactive_org"],
    verdict: "client",
    advice: "the organisation is locked, closed or suspended; ask its administrator",
  },
  {
    words: /ip restricted|ip address|login.*ip range/i,
    verdict: "denied",
    advice:
      "our address is outside the ranges that the profile or the app allows; allow it, or relax the app's IP policy",
  },
  {
    words: /hasn'?t approved this consumer|has not approved/i,
    verdict: "denied",
    advice:
      "the user has not approved the app; let its administrator pre-authorise it (Permitted Users) and assign it by profile or permission set",
  },
  {
    error: ["invalid_app_access", "OAUTH_APP_ACCESS_DENIED", "OAUTH_APP_BLOCKED"],
    verdict: "denied",
    advice:
      "the user is not assigned to the app, or the organisation blocks it; assign the app by profile or permission set",
  },
  {
    words: /not admin approved|app.*blocked/i,
    verdict: "denied",
    advice:
      "the user is not assigned to the app, or the organisation blocks it; assign the app by profile or permission set",
  },
  {
    error: ["app_not_found", "OAUTH_EC_APP_NOT_FOUND"],
    verdict: "client",
    advice:
      "no such app is known at this address; use the organisation's My Domain as loginUrl (and audience), and install the app there",
  },
  {
    words: /audience/i,
    verdict: "client",
    advice:
      "the assertion's audience is not this server; it has to be the My Domain, https://login.salesforce.com or https://test.salesforce.com, as loginUrl or audience says",
  },
  {
    words: /no client credentials user/i,
    verdict: "client",
    advice:
      "the app has no Run As user; let its administrator choose one in the client credentials flow of the app's policies",
  },
  {
    // Of the organisation's setting that API sign-in needs the My Domain (`doesApiLoginRequireOrgDomain`), and of flows that
    // the general hosts do not offer.
    words: /on this domain|my ?domain|org(anization)?'?s? domain|login (url|host|domain)/i,
    verdict: "client",
    advice: "the organisation takes this sign-in at its own address only; use its My Domain as loginUrl",
  },
  {
    words: /invalid assertion|expired (authorization )?assertion|assertion|signature|jwt/i,
    error: ["invalid_grant", "invalid_request", "invalid_client"],
    verdict: "client",
    advice:
      "the assertion was not accepted; check that the key's certificate is the app's, that the user name exists there, and that this machine's clock is right",
  },
  {
    error: ["invalid_client_id"],
    verdict: "client",
    advice: "the consumer key is not known; check it and the login address (a new app takes some minutes)",
  },
  {
    error: ["invalid_client", "invalid_client_credentials"],
    verdict: "client",
    advice: "the consumer secret is wrong or missing; copy it anew from the app",
  },
  {
    error: ["redirect_uri_mismatch"],
    verdict: "client",
    advice: "the callback URL is not one of the app's; add exactly this one to it",
  },
  {
    error: ["unsupported_grant_type", "unauthorized_client", "invalid_scope", "OAUTH_APPROVAL_ERROR_GENERIC"],
    verdict: "client",
    advice: "the app does not allow this flow or these scopes; enable them in its OAuth settings",
  },
];

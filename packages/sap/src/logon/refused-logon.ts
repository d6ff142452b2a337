import { AuthenticationError, type AuthenticationMethod } from "@isthmus/core";
import { readHtmlPage } from "../errors/html-page.js";
import type { FailedAnswer, FailedRequest } from "../errors/map-sap-failure.js";

/** What to look at when a method's logon is refused. */
const advice: Readonly<Partial<Record<AuthenticationMethod, string>>> = {
  basic: "It does not accept the user and password.",
  client_certificate:
    "It maps the client certificate to no user. Check its rule (CERTRULE), that the system trusts its issuer (STRUST), and that a proxy in front passes it on.",
  oauth2_client_credentials: "It does not accept the token. Check the client's scopes and the service's roles.",
  oauth2_saml_bearer: "It does not accept the token. Check that the assertion's subject is a user, and its scopes.",
};

/**
 * A 401 as the error that it means. SAP says little: the same page for a wrong password and, in most releases, a locked user. Never
 * retryable: SAP locks a user after a few tries.
 */
export function refusedLogon(
  method: AuthenticationMethod,
  answer: FailedAnswer,
  request: FailedRequest,
): AuthenticationError {
  const page = readHtmlPage(answer);
  const problem = page?.isLocked
    ? "The user is locked. An administrator has to unlock it (SU01)."
    : (advice[method] ?? "It does not accept the logon.");
  const last = "Do not try again before it is mended: SAP locks a user after a few tries.";
  return new AuthenticationError(`SAP refused the logon for ${request.name ?? "the request"}. ${problem} ${last}`, {
    vendor: { status: answer.status, ...(page?.title !== undefined && { message: page.title }) },
    retryable: false,
  });
}

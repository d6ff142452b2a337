import type { FinishedAuthorization } from "../actions/finish-authorization.js";
import type { Problem } from "../errors/index.js";
import type { ResultPage } from "./result-page.js";

/** The page after an authorisation that connected. */
export function describeSuccess(
  { connectorName, tenantName, requestedBy }: FinishedAuthorization,
  account: { readonly name: string } | undefined,
): ResultPage {
  const connected = `The connector “${connectorName}” of ${tenantName} is now connected`;
  return {
    status: 200,
    title: "Connected",
    paragraphs: [
      account
        ? `${connected} to ${account.name}.`
        : `${connected}. To which account, the vendor did not say just now: testing the connector asks again.`,
      `${requestedBy} asked for this authorisation. You can close this window.`,
    ],
  };
}

/** The page after one that did not. */
export function describeFailure({ status, detail, code, requestId }: Problem): ResultPage {
  return {
    status,
    title: "Not connected",
    paragraphs: [detail, "You can close this window."],
    reference: `${code}, request ${requestId}`,
  };
}

/** The page when the browser has no result any more: it was closed meanwhile, or keeps no cookies. */
export const noResult: ResultPage = {
  status: 200,
  title: "Authorisation ended",
  paragraphs: [
    "The result is shown once, for a few minutes. Whoever asked for this authorisation sees whether the connector is connected.",
    "If it is not: allow cookies for this address, ask for a new link and begin again.",
  ],
};

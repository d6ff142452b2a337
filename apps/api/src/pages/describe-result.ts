import type { FinishedAuthorization, RequestedAccount } from "../actions/finish-authorization.js";
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

/** The page after one to another account of production, which somebody else has to approve. */
export function describeRequest(
  { connectorName, tenantName, requestedBy }: FinishedAuthorization,
  { account, presentAccount, changeRequestId }: RequestedAccount,
): ResultPage {
  const stays = `The connector “${connectorName}” of ${tenantName} stays connected to ${presentAccount ?? "its account"}`;
  const wish = account
    ? `To connect it to ${account.name}`
    : "The vendor did not say whose the new authorisation is. To use it";
  return {
    status: 200,
    title: "Waiting for approval",
    paragraphs: [
      `${stays}: it is one of production. ${wish} needs the approval of a second person, who finds it as the change request ${changeRequestId}.`,
      `${requestedBy} asked for this authorisation. Until it is decided, it waits unused; if it is rejected, it is given back. You can close this window.`,
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

import { ConnectorError } from "@isthmus/core";
import { ApiError } from "../errors/index.js";

/** A link, or an answer of a vendor, that leads nowhere. */
export function linkInvalid(words: string): ApiError {
  return new ApiError("AUTHORIZATION_LINK_INVALID", `${words} Ask for a new link and begin again.`);
}

/** An answer of a vendor that does not fit what was begun. */
export function stateInvalid(words: string): ConnectorError {
  return new ConnectorError("OAUTH_STATE_INVALID", `${words} Ask for a new link and begin again.`);
}

/** An answer that came too late for its connector. */
export function changedMeanwhile(): ConnectorError {
  return stateInvalid("The connector was changed or deleted meanwhile.");
}

import type { PendingAuthorization } from "@isthmus/core";
import type { Author } from "../approval/tell.js";
import type { ConnectorRow } from "../repositories/index.js";

/** An authorisation whose answer has come to the right place. */
export interface AnsweredAuthorization {
  readonly row: ConnectorRow;
  /** The user who asked for the link. */
  readonly requestedBy: string;
  readonly author: Author;
  readonly callbackUrl: string;
  readonly pending: PendingAuthorization;
}

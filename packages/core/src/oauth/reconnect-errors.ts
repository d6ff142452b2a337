import { AuthenticationError } from "../errors/index.js";

/** Nothing is stored: `RECONNECT_REQUIRED`, though nothing went wrong. */
export function notConnected(): AuthenticationError {
  return new AuthenticationError("Nobody has connected this yet, or it was disconnected: connect it first.", {
    reconnectRequired: true,
  });
}

/** The store knows that the grant is over. */
export function grantGone(): AuthenticationError {
  return new AuthenticationError("The vendor no longer accepts this connection: connect again.", {
    reconnectRequired: true,
  });
}

/** A refresh token may have been used, and this vendor's must not be sent twice. */
export function grantInDoubt(): AuthenticationError {
  return new AuthenticationError(
    "A token refresh ended without an answer, and this vendor's refresh tokens must not be sent twice: connect again.",
    { reconnectRequired: true },
  );
}

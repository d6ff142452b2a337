/**
 * Every failure that a connector can report, in one list. A code is part of the API: callers branch on it, so it is
 * never renamed, only added to.
 */
export const connectorErrorCodes = [
  /** The caller's input does not fit; `ValidationError.issues` names the fields. Nothing was sent. */
  "VALIDATION_FAILED",
  /** The connector, the authentication scheme or the vendor's edition does not offer this. */
  "UNSUPPORTED",
  /** No installed connector has this type. */
  "UNKNOWN_CONNECTOR_TYPE",
  /** A package's definition breaks the contract or speaks another specification version. */
  "INVALID_DEFINITION",
  /** The vendor refused the credentials or the session, and a fresh token did not help. */
  "AUTHENTICATION_FAILED",
  /** The grant is gone (revoked, expired, never made): a person has to connect again. */
  "RECONNECT_REQUIRED",
  /** The OAuth callback does not belong to a flow that is open: wrong, expired or already used `state`. */
  "OAUTH_STATE_INVALID",
  /** The person, or the vendor on their behalf, declined the authorization. */
  "OAUTH_DENIED",
  /** Authenticated, but not allowed to do this. An administrator at the vendor can change that. */
  "PERMISSION_DENIED",
  /** The vendor's short-term limit. `retryAfterMs` says when to come back. */
  "RATE_LIMITED",
  /** The vendor's long-term quota (a day, a month) is used up. */
  "QUOTA_EXHAUSTED",
  /** The vendor is away or overloaded; the request had no effect or was safe to repeat. */
  "VENDOR_UNAVAILABLE",
  /** No connection: name not found, refused, reset before the request was sent, TLS failure. */
  "CONNECTION_FAILED",
  /** No answer in time to a request that is safe to repeat. */
  "TIMEOUT",
  /** The answer was cut off in the middle, to a request that is safe to repeat. */
  "RESPONSE_CUT",
  /** The answer is larger than the configured limit. */
  "RESPONSE_TOO_LARGE",
  /** The answer is not what the protocol promises (HTML where JSON belongs, a redirect, a missing field). */
  "UNEXPECTED_RESPONSE",
  /** The vendor understood the request and refused it; `vendor.code` has its own word for why. */
  "VENDOR_REJECTED",
  /** The record changed, exists already, or matches several. */
  "CONFLICT",
  /** The record, object or endpoint does not exist at the vendor. */
  "NOT_FOUND",
  /** The vendor cannot tell any more what changed since the cursor: read everything again, without one. */
  "CURSOR_EXPIRED",
  /** The address is not one that this connector may talk to. Nothing was sent. */
  "FORBIDDEN_TARGET",
  /** A write may or may not have reached the vendor. Look its result up before sending it again. */
  "OUTCOME_UNKNOWN",
  /** The caller's signal ended the work. */
  "CANCELLED",
  /** A sealed value does not open: wrong key, moved to another place, or altered. */
  "SEALED_VALUE_UNREADABLE",
  /** The key that a sealed value needs cannot be had right now. */
  "KEY_UNAVAILABLE",
  /** The keyring or a key in it is unusable: missing, too short, not base64, named twice. */
  "KEY_INVALID",
  /** A defect of ours or of a wrapped library. */
  "INTERNAL",
] as const;

/** One of {@link connectorErrorCodes}. */
export type ConnectorErrorCode = (typeof connectorErrorCodes)[number];

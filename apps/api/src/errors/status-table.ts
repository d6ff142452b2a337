import type { ConnectorErrorCode } from "@isthmus/core";
import type { ApiErrorCode } from "./codes.js";

/** Every code that a problem document may carry. */
export type ProblemCode = ApiErrorCode | ConnectorErrorCode;

// The one table of codes and statuses. What the caller did wrong is 4xx; what the vendor or the way to it did is 502 or
// 504, so that a gateway's own failure cannot be taken for a refusal; what passes by itself on our side is 503.
// 401 is kept for our own keys: a vendor that refuses a connector's credentials is no reason to sign in again here.
const statuses = {
  VALIDATION_FAILED: 400,
  MALFORMED_JSON: 400,
  BAD_REQUEST: 400,
  OAUTH_STATE_INVALID: 400,
  AUTHORIZATION_LINK_INVALID: 400,
  IDEMPOTENCY_KEY_UNSUPPORTED: 400,
  IDEMPOTENCY_KEY_INVALID: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  SIGN_IN_REFUSED: 403,
  PLATFORM_KEY_NOT_CONFIGURED: 403,
  OWN_CHANGE_REQUEST: 403,
  PERMISSION_DENIED: 403,
  OAUTH_DENIED: 403,
  DELIVERY_REFUSED: 403,
  NOT_FOUND: 404,
  CURSOR_EXPIRED: 410,
  RESTORE_TOO_LATE: 410,
  ROUTE_NOT_FOUND: 404,
  CONFLICT: 409,
  RECONNECT_REQUIRED: 409,
  CONNECTOR_INACTIVE: 409,
  CREDENTIALS_MISSING: 409,
  API_KEY_NOT_ROTATABLE: 409,
  LAST_ADMINISTRATOR: 409,
  CHANGE_REQUEST_DECIDED: 409,
  CHANGE_REQUEST_STALE: 409,
  EMERGENCY_UNCONFIRMED: 409,
  KEY_ROTATION_RUNNING: 409,
  OPERATION_RUN_UNFINISHED: 409,
  SCHEDULES_ACTIVE: 409,
  DELIVERY_NOT_DEAD: 409,
  OPERATION_RUN_ENDED: 409,
  IDEMPOTENCY_KEY_IN_USE: 409,
  IDEMPOTENT_ANSWER_NOT_KEPT: 409,
  PRECONDITION_FAILED: 412,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  UNSUPPORTED: 422,
  IDEMPOTENCY_KEY_REUSED: 422,
  UNKNOWN_CONNECTOR_TYPE: 422,
  VENDOR_REJECTED: 422,
  FORBIDDEN_TARGET: 422,
  EMERGENCY_UNSUPPORTED: 422,
  RETURN_TO_NOT_ALLOWED: 422,
  DELIVERY_UNREADABLE: 422,
  PRECONDITION_REQUIRED: 428,
  TOO_MANY_REQUESTS: 429,
  RATE_LIMITED: 429,
  QUOTA_EXHAUSTED: 429,
  INVALID_DEFINITION: 500,
  SEALED_VALUE_UNREADABLE: 500,
  KEY_INVALID: 500,
  INTERNAL: 500,
  AUTHENTICATION_FAILED: 502,
  VENDOR_UNAVAILABLE: 502,
  CONNECTION_FAILED: 502,
  RESPONSE_CUT: 502,
  RESPONSE_TOO_LARGE: 502,
  UNEXPECTED_RESPONSE: 502,
  CANCELLED: 503,
  KEY_UNAVAILABLE: 503,
  DATABASE_UNAVAILABLE: 503,
  IDENTITY_PROVIDER_UNAVAILABLE: 503,
  SHUTTING_DOWN: 503,
  DELIVERY_NOT_STORED: 503,
  OPERATION_RUN_INTERRUPTED: 503,
  TIMEOUT: 504,
  OUTCOME_UNKNOWN: 504,
} as const satisfies Record<ProblemCode, number>;

/** The HTTP status of a code. */
export function statusOf(code: ProblemCode): number {
  return statuses[code];
}

/** Every code with its status, for the documentation. */
export function listStatuses(): readonly (readonly [ProblemCode, number])[] {
  return Object.entries(statuses) as [ProblemCode, number][];
}

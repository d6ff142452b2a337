/** Every failure that the service itself reports, beside core's `connectorErrorCodes`. Part of the API: never renamed. */
export const apiErrorCodes = [
  /** The body is not JSON. */
  "MALFORMED_JSON",
  /** The body is larger than the route accepts. */
  "PAYLOAD_TOO_LARGE",
  /** The body has another media type than the route takes: `application/json`, unless an operation says otherwise. */
  "UNSUPPORTED_MEDIA_TYPE",
  /** The request is not well-formed HTTP, or one of its headers is not. */
  "BAD_REQUEST",
  /** No key or token, or one that is unknown, expired, withdrawn, or whose user is disabled. */
  "UNAUTHENTICATED",
  /** More requests than this service answers a key, a tenant, or an address whose credentials are refused. */
  "TOO_MANY_REQUESTS",
  /** The key's user has no role that may do this. */
  "FORBIDDEN",
  /** A token of an identity provider is good, and whoever it speaks of is not let in: nobody who is known, or with a role. */
  "SIGN_IN_REFUSED",
  /** The keys of an identity provider cannot be had, so that nobody can say whether a token is good. */
  "IDENTITY_PROVIDER_UNAVAILABLE",
  /** The service runs without a platform key, so nobody may manage tenants. */
  "PLATFORM_KEY_NOT_CONFIGURED",
  /** No such route. */
  "ROUTE_NOT_FOUND",
  /** An update has to name the version that it was made for (`If-Match`). */
  "PRECONDITION_REQUIRED",
  /** The record has changed since the version that the caller names. */
  "PRECONDITION_FAILED",
  /** Nobody decides about a change that they asked for themselves, nor twice about one. */
  "OWN_CHANGE_REQUEST",
  /** The change request is decided: approved, rejected, withdrawn, expired or stale. */
  "CHANGE_REQUEST_DECIDED",
  /** What a change request was made for has changed since, so it cannot be applied any more. */
  "CHANGE_REQUEST_STALE",
  /** An emergency change of the same thing waits for its confirmation; until then nothing else changes it. */
  "EMERGENCY_UNCONFIRMED",
  /** There is no way back from this change, so it cannot be made in an emergency. */
  "EMERGENCY_UNSUPPORTED",
  /** The connector is switched off. */
  "CONNECTOR_INACTIVE",
  /** The connector has no credentials yet. */
  "CREDENTIALS_MISSING",
  /** The address to come back to after an authorisation is not allow-listed. */
  "RETURN_TO_NOT_ALLOWED",
  /** The link or the callback of an authorisation is unknown, used, expired, or another browser's. */
  "AUTHORIZATION_LINK_INVALID",
  /** The API key works no more, or was rotated before. */
  "API_KEY_NOT_ROTATABLE",
  /** The change would leave the tenant without an administrator. */
  "LAST_ADMINISTRATOR",
  /** Keys are being rotated: one rotation at a time. */
  "KEY_ROTATION_RUNNING",
  /** The connector has an operation run that has not ended. */
  "OPERATION_RUN_UNFINISHED",
  /** Something is to be deleted for which there are active schedules. */
  "SCHEDULES_ACTIVE",
  /** The deleted connector cannot be restored any more: its time is over, or its purge was begun. */
  "RESTORE_TOO_LATE",
  /** The delivery to a webhook has arrived, or is still being tried. */
  "DELIVERY_NOT_DEAD",
  /** The operation run has ended, so there is nothing to cancel. */
  "OPERATION_RUN_ENDED",
  /** The process that began an operation run ended before the work was begun. In the `error` of a run only. */
  "OPERATION_RUN_INTERRUPTED",
  /** `Idempotency-Key` is not honoured here (no JSON is answered, or no tenant's key is used), and ignoring it would be a trap. */
  "IDEMPOTENCY_KEY_UNSUPPORTED",
  /** `Idempotency-Key` is no key: too long, empty, sent twice, or of other characters. */
  "IDEMPOTENCY_KEY_INVALID",
  /** The request that came with this key first is being done. */
  "IDEMPOTENCY_KEY_IN_USE",
  /** Another request came with this key first. */
  "IDEMPOTENCY_KEY_REUSED",
  /** The request with this key was done, and its answer was too large to be kept. */
  "IDEMPOTENT_ANSWER_NOT_KEPT",
  /** There is no such inbound endpoint, it is switched off, or the delivery is not signed with one of its secrets. */
  "DELIVERY_REFUSED",
  /** A delivery is signed as it should be, and its body is none that the connector package can read. */
  "DELIVERY_UNREADABLE",
  /** A delivery could not be stored in time; the vendor has to send it again. */
  "DELIVERY_NOT_STORED",
  /** The database is away; the same call may succeed later. */
  "DATABASE_UNAVAILABLE",
  /** The service is stopping; another process, or the next one, will answer. */
  "SHUTTING_DOWN",
] as const;

/** One of {@link apiErrorCodes}. */
export type ApiErrorCode = (typeof apiErrorCodes)[number];

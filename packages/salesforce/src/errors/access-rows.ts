import { authentication, denied, rejected, unsupported } from "./make.js";
import type { Row } from "./row.js";

/** A 401 that no other token can change. */
export const noTokenHelps = /not valid for use with the REST API|Connected app is not attached to Agent/i;

const retired = unsupported("The API version is retired: choose a newer apiVersion.");

/** Who we are, what we may do, and what the organisation offers. */
export const accessRows: readonly Row[] = [
  // Neither a fresh token nor the same person signing in again helps with these; an administrator does.
  {
    status: [401, 403],
    message: noTokenHelps,
    make: denied("The app or the session may not use the REST API. Ask your Salesforce administrator."),
  },
  {
    code: ["API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"],
    make: denied("The API is switched off for this organisation or user."),
  },
  {
    code: ["INVALID_SESSION_ID", "INVALID_AUTH_HEADER", "InvalidSessionId", "Bad_OAuth_Token", "Missing_OAuth_Token"],
    make: authentication("A fresh token was refused too. Connect again."),
  },
  {
    code: [
      "Inactive",
      "Bad_Id",
      "Wrong_Org",
      "ORG_LOCKED",
      "PASSWORD_LOCKOUT",
      "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
    ],
    make: authentication("The user or the organisation is locked. Ask your Salesforce administrator."),
  },
  {
    code: ["LOGIN_DURING_RESTRICTED_DOMAIN", "LOGIN_DURING_RESTRICTED_TIME"],
    make: denied(
      "The user's profile does not allow our address or this time of day. Ask your Salesforce administrator.",
    ),
  },
  {
    code: [
      "INSUFFICIENT_ACCESS",
      "INSUFFICIENT_ACCESS_OR_READONLY",
      "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
      "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY_PERMISSION",
      "OPERATION_NOT_ALLOWED",
      "TXN_SECURITY_NO_ACCESS",
      "TRANSFER_REQUIRES_READ",
    ],
    make: denied("The connected user lacks a permission."),
  },
  {
    code: ["FUNCTIONALITY_NOT_ENABLED", "FEATURE_NOT_ENABLED", "FeatureNotEnabled"],
    make: unsupported("The organisation's edition does not offer this."),
  },
  { code: ["UNSUPPORTED_API_VERSION", "GONE"], make: retired },
  { status: [410], make: retired },
  // A deleted or expired organisation, or one that is being moved; the same request does not succeed again.
  { status: [420], make: rejected("The organisation is gone or is being moved.") },
];

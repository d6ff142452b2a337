export { type ConnectorErrorCode, connectorErrorCodes } from "./codes.js";
export {
  ConnectorError,
  type ConnectorErrorOptions,
  codeOf,
  isConnectorError,
  type VendorFault,
  type VendorMessage,
} from "./connector-error.js";
export {
  AuthenticationError,
  ConflictError,
  ForbiddenTargetError,
  NotFoundError,
  OutcomeUnknownError,
  RateLimitError,
  TransientError,
  type TransientErrorCode,
  ValidationError,
  type ValidationIssue,
  VendorError,
} from "./kinds.js";
export { KnownSecrets } from "./known-secrets.js";
export { redactText, sanitizeCause } from "./sanitize-cause.js";
export { toValidationIssues, validate } from "./validate.js";

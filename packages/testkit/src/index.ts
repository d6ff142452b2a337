export type { BrokenConnector } from "./broken/broken-connector.js";
export { brokenConnectors } from "./broken/index.js";
export { type Capability, capabilities } from "./capability.js";
export { describeConnector } from "./describe-connector.js";
export { Evidence, type EvidenceKind, type Statement } from "./evidence/evidence.js";
export { findSecrets, type SecretEncoding, type SecretSighting } from "./evidence/find-secrets.js";
export { recordingLogger } from "./evidence/recording-logger.js";
export { FakeClock } from "./fake-clock.js";
export type {
  Awaitable,
  BrowserConsent,
  BulkExample,
  ContractHarness,
  GrantControl,
  InvalidCredentials,
  OperationExample,
  RequestKind,
  StandIn,
  StandInFault,
  StandInOptions,
  WriterExample,
} from "./harness.js";
export { type ReferenceConfiguration, ReferenceConnector } from "./reference/reference-connector.js";
export { referenceDefinition } from "./reference/reference-definition.js";
export { basicHarness, clientCredentialsHarness, referenceHarness } from "./reference/reference-harness.js";
export { ReferenceVendor } from "./reference/reference-vendor.js";
export { gapsOf } from "./suite/capabilities.js";
export type { ClauseSubject } from "./suite/clause.js";
export { applicableClauses, checkClause } from "./suite/clauses.js";
export { type ClauseId, clauseIds, contract } from "./suite/contract.js";
export { ContractViolation } from "./violation.js";

export { assertOperation } from "./assert-operation.js";
export {
  type AuthenticationMethod,
  type AuthenticationScheme,
  type AuthenticationSchemes,
  authenticationMethods,
  defineScheme,
} from "./authentication.js";
export { BaseConnector, type ConnectorRequest } from "./base-connector.js";
export { type BinaryContent, binaryContentSchema, discardContent, isBinaryContent } from "./binary-content.js";
export { type BulkOperation, defineBulkOperation } from "./bulk-operation.js";
export { checkClientIdentity, clientIdentityFields, hasClientIdentity, pemSchema } from "./client-identity-fields.js";
export type { ConnectedAccount, ConnectionCheck, ConnectionTest, Revocation } from "./connection.js";
export { ConnectorService, type UnprovenSettings, type ValidatedSettings } from "./connector-service.js";
export type { CreateContext } from "./context.js";
export {
  assertDefinition,
  type ConnectorDefinition,
  defineConnector,
  type TransportParts,
  type TransportPreferences,
} from "./definition.js";
export type {
  EntityBatch,
  EntityChange,
  EntityCursor,
  EntityDescription,
  EntityField,
  EntitySource,
  EntitySummary,
} from "./entities.js";
export type { InboundAnswer, InboundEvent, InboundHandler } from "./inbound.js";
export type { LongRun, LongRunCall, LongRunStart, RunProgress, RunStep } from "./long-run.js";
export { pause, pauseBeforeLookingAgainMs } from "./look-again.js";
export { fitsMediaRange, givesContent, isMediaType, takesContent } from "./media-types.js";
export {
  defineOperation,
  type Operation,
  type OperationKind,
  type OperationStream,
} from "./operation.js";
export type { OperationCall } from "./operation-call.js";
export { longRunOf, prepareStart } from "./prepare-start.js";
export { readAnswer } from "./read-answer.js";
export {
  type ConflictPolicy,
  outcomeOfConflict,
  outcomeOfFailure,
  type RecordOutcome,
  type RecordWrite,
  type RecordWriteCall,
  type RecordWriter,
} from "./record-writer.js";
export { findOperation, runOperation, streamOperation } from "./run-operation.js";
export { takesKey } from "./takes-key.js";

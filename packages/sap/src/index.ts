export { createSapConnector, type SapAuthenticationMethod, type SapOptions } from "./create-sap-connector.js";
export { sap } from "./definition.js";
export { mapSapFailure } from "./errors/map-sap-failure.js";
export type { SapFault } from "./errors/sap-fault.js";
export type { SapHttp, SapRequest } from "./http/sap-http.js";
export type { IdocControl } from "./idoc/control-record.js";
export { parseFlatIdocs } from "./idoc/flat/parse-flat.js";
export type { FlatOptions } from "./idoc/flat/write-flat.js";
export type { Idoc, IdocDraft, IdocSegment, IdocSegmentDraft } from "./idoc/idoc.js";
export type { IdocCalls } from "./idoc/idoc-calls.js";
export { type ParseIdocOptions, parseIdoc, parseIdocs } from "./idoc/parse-idoc.js";
export type { InboxEntry, InboxStore } from "./idoc/receive/inbox-store.js";
export { type IdocReceiver, type ReceiveIdocsOptions, receiveIdocs } from "./idoc/receive/receive-idocs.js";
export type { IdocSchema } from "./idoc/schema/idoc-schema.js";
export { readIdocSchema } from "./idoc/schema/read-idoc-schema.js";
export type { IdocForm, IdocReceipt, SendIdocsOptions, StoredIdoc } from "./idoc/send/send-options.js";
export type { IdocStatus } from "./idoc/status/idoc-status.js";
export type { IdocLookup, StoredIdocStatus } from "./idoc/status/read-idoc-status.js";
export type { IdocOutcome } from "./idoc/status/status-codes.js";
export { isStatusIdoc, type ReportedStatus, readStatusIdoc } from "./idoc/status/status-idocs.js";
export type { BatchOptions } from "./odata/client/batch.js";
export {
  type BatchItem,
  type BatchResult,
  type BatchResults,
  changeset,
  type ODataChangeset,
} from "./odata/client/batch-items.js";
export type { ODataCall } from "./odata/client/call.js";
export type { ChangesOptions } from "./odata/client/change-options.js";
export type { ODataKey, ODataRecord } from "./odata/client/codec.js";
export type { IfMatch } from "./odata/client/conditions.js";
export type { StreamPlace, UploadOptions } from "./odata/client/media.js";
export type { ODataService } from "./odata/client/odata-service.js";
export type { OperationOptions } from "./odata/client/operation-calls.js";
export type { ChangeOptions, CreateOptions } from "./odata/client/record-calls.js";
export type { ODataEntity, ODataFound, ODataOutcome, ODataPage, ODataWritten } from "./odata/client/results.js";
export {
  all,
  and,
  any,
  contains,
  endsWith,
  eq,
  ge,
  gt,
  isIn,
  le,
  lt,
  ne,
  not,
  or,
  startsWith,
} from "./odata/query/conditions.js";
export type { Filter, FilterValue } from "./odata/query/filter.js";
export type { Expand, OrderBy, Query } from "./odata/query/query.js";
export type { SapConfiguration, SapConfigurationInput } from "./options/configuration.js";
export type { SapCredentials } from "./options/credentials.js";
export type { CommitMode, ModuleCallOptions } from "./rfc/function-modules.js";
export type { CallResult } from "./rfc/module-caller.js";
export type { StatefulSessionProbe, StatefulSessionProof } from "./rfc/prove-stateful-sessions.js";
export type { TableQuery, TableRow } from "./rfc/read-table.js";
export type { RfcCalls } from "./rfc/rfc-calls.js";
export type { FunctionInterface, RfcField, RfcParameters, RfcType, RfcValue } from "./rfc/rfc-types.js";
export type { CallOptions, SapConnector } from "./sap-connector.js";

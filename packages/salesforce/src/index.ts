export type { CallOptions } from "./api.js";
export type { Blobs, UploadOptions } from "./blobs/blobs.js";
export type { Bulk, BulkQueryOptions, IngestOptions, IngestResult } from "./bulk/bulk.js";
export type { IngestJobOutcome, IngestOutcome } from "./bulk/bulk-ingest.js";
export type { BulkInput } from "./bulk/csv-blocks.js";
export type { CsvRow } from "./bulk/csv-reader.js";
export type { FailedRow, SuccessfulRow, UnprocessedRow } from "./bulk/ingest-results.js";
export type { IngestState } from "./bulk/ingest-state.js";
export type { BulkRow } from "./bulk/query-rows.js";
export type { ReadChangesOptions } from "./changes/change-calls.js";
export type { Collections } from "./collections/collections.js";
export type { RecordResult } from "./collections/results.js";
export type { CollectionOptions } from "./collections/run.js";
export type { BatchOptions, BatchRequest, Composite, CompositeOptions } from "./composite/composite.js";
export { CompositeRequest, type Reference } from "./composite/composite-request.js";
export type { Graph, GraphResult } from "./composite/graph.js";
export type { SubrequestResult } from "./composite/results.js";
export type { Subrequest } from "./composite/subrequest.js";
export type { TreeRecord, TreeResult } from "./composite/tree.js";
export {
  type AuthorizationCodeOptions,
  type ClientCredentialsOptions,
  createSalesforceConnector,
  type JwtBearerOptions,
  type SalesforceOptions,
} from "./create-salesforce-connector.js";
export { salesforce } from "./definition.js";
export type { SalesforceIdentity } from "./identity.js";
export type { ApiUsage } from "./limits/api-usage.js";
export type {
  ApiVersion,
  DescribedField,
  DescribedSobject,
  DescribeGlobalResult,
  DescribeResult,
  Limits,
} from "./metadata.js";
export { MultipleMatchesError } from "./multiple-matches.js";
export type { SalesforceConfiguration } from "./options.js";
export { outboundMessages } from "./outbound/outbound-messages.js";
export {
  type OutboundMessage,
  type OutboundNotification,
  readOutboundMessage,
} from "./outbound/read-outbound-message.js";
export type { QueryOptions } from "./query.js";
export type { UpdateOptions } from "./record-calls.js";
export type { QueryPage, QueryResult, RecordInput, SalesforceRecord, UpsertResult } from "./records.js";
export type { SalesforceConnector } from "./salesforce-connector.js";
export { escapeLike, type SoqlIdentifier, type SoqlValue, soql, soqlIdentifier } from "./soql.js";
export { sosl } from "./sosl.js";
export type {
  ChangeEvent,
  ChangeEventHeader,
  ChangeType,
  GapEvent,
  OtherEvent,
  OverflowEvent,
  PlatformEvent,
  StreamEvent,
  StreamMessage,
} from "./streaming/stream-event.js";
export type { SubscribeOptions } from "./streaming/streaming.js";

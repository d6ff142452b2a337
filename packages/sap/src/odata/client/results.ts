import type { VendorMessage } from "@isthmus/core";
import type { ODataRecord } from "./codec.js";

/** What SAP said beside the result. Severity `error` is possible: the request succeeded, something after it did not. */
export interface WithMessages {
  readonly messages: readonly VendorMessage[];
}

/** One record. */
export interface ODataEntity {
  readonly record: ODataRecord;
  /** Version of the record, to be handed back when it is changed. Missing: the service keeps none. */
  readonly etag?: string;
}

/** A record that was read. */
export interface ODataFound extends ODataEntity, WithMessages {}

/** What a write left. */
export interface ODataWritten extends WithMessages {
  /** As it is now. Missing: the service does not answer with it. */
  readonly record?: ODataRecord;
  readonly etag?: string;
  /** Address of a record that was created, where the service tells. */
  readonly location?: string;
}

/** Some of the records of a query. */
export interface ODataPage extends WithMessages {
  readonly entities: readonly ODataEntity[];
  /** Records in all, where the query asked for it. */
  readonly count?: number;
  /** Where the next page is, for {@link ODataService.pageAt}. Missing: this is the last. */
  readonly next?: string;
}

/** What a function or action gave. */
export interface ODataOutcome extends WithMessages {
  /** A record, a list of records, a value, a list of values; `undefined` for nothing. */
  readonly value: unknown;
  /** Version of the record, where it is one. */
  readonly etag?: string;
}

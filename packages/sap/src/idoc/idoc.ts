import type { IdocControl } from "./control-record.js";

/** Segments within segments. SAP's own types have at most eight levels. */
export const maxSegmentLevels = 32;

/** One segment of an IDoc, with those below it. */
export interface IdocSegment {
  /** Segment type as SAP writes it, a namespace with slashes: `E1EDK01`, `Z1ORDER`, `/ROP/E1X`. */
  readonly name: string;
  /**
   * Values by field name, as text in SAP's form: amounts with a point, dates as `YYYYMMDD`. Their order has no meaning. A
   * field that is missing is not sent, one that is `""` is sent empty.
   */
  readonly fields: Readonly<Record<string, string>>;
  /** In the order of the document. */
  readonly segments: readonly IdocSegment[];
}

/** An intermediate document: what SAP and its partners exchange, one business document at a time. */
export interface Idoc {
  /** Control record (`EDI_DC40`). */
  readonly control: IdocControl;
  /** Data records, in the order of the document. */
  readonly segments: readonly IdocSegment[];
}

/** A segment to be sent. */
export interface IdocSegmentDraft {
  /** See {@link IdocSegment.name}. */
  readonly name: string;
  /** See {@link IdocSegment.fields}. Default: none. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Default: none. */
  readonly segments?: readonly IdocSegmentDraft[];
}

/** An IDoc to be sent. What its control record leaves out is filled in. */
export interface IdocDraft {
  /** `IDOCTYP` and `MESTYP` have to be there. */
  readonly control: IdocControl & { readonly IDOCTYP: string; readonly MESTYP: string };
  readonly segments: readonly IdocSegmentDraft[];
}

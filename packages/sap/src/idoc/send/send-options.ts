import type { Clock } from "@isthmus/core";
import type { SapHttp } from "../../http/sap-http.js";
import type { IdocPartners } from "../control-record.js";
import type { IdocSchema } from "../schema/idoc-schema.js";

/** How IDocs travel: IDoc XML, IDoc XML in SOAP, or records of fixed width. */
export const idocForms = ["xml", "soap", "plain"] as const;

/** One of {@link idocForms}. */
export type IdocForm = (typeof idocForms)[number];

/** What a sender is made of. */
export interface IdocSenderOptions {
  readonly http: SapHttp;
  readonly clock: Clock;
  /** Three digits, as `sap-client`. */
  readonly client: string;
  readonly partners: IdocPartners;
  /** Where each form goes. Default: `/sap/bc/idoc_xml` and `/sap/bc/srt/idoc`; for `plain` there is none in SAP's standard. */
  readonly paths?: Partial<Record<IdocForm, string>>;
  /** Content type of the form `xml`. Default `text/xml; charset=utf-8`. */
  readonly xmlContentType?: string;
}

/** How one transmission is sent. */
export interface SendIdocsOptions {
  /**
   * The caller's own key of this transmission: the same for a second try. It goes into `ARCKEY`, by which a lost answer can be
   * looked up in table `EDIDC`.
   */
  readonly idempotencyKey: string;
  /** Default `xml`. */
  readonly form?: IdocForm;
  /** What the segments are checked against before anything is sent. `plain` needs it: it says where each field stands. */
  readonly schema?: IdocSchema;
  /**
   * Lets SAP take the IDoc once however often it arrives: one IDoc, form `soap`, as `application/x-sap.idoc` with a message id
   * in `ARCKEY`. Only then is the request repeated after a lost answer. Default false.
   * @see https://github.com/SAP-docs/btp-integration-suite/blob/main/docs/ISuite/50-Development/configure-the-idoc-receiver-adapter-018aa88.md
   * @see https://www.stechno.net/repository/sap-messages.html?id=EA728
   */
  readonly exactlyOnce?: boolean;
  /** `plain`: names of segment definitions by segment type, `{ E1EDK01: "E2EDK01005" }`. Default: the types' own names. */
  readonly segmentDefinitions?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** One IDoc that the system stored. */
export interface StoredIdoc {
  /** `DOCNUM` that was sent. */
  readonly transferId: string;
  /** What it is looked up by in `EDIDC`. */
  readonly arckey: string;
  /** Its number in the system, 16 digits. Missing: this form does not tell; look it up by `arckey`. */
  readonly docnum?: string;
}

/** What is known of a transmission. */
export interface IdocReceipt {
  /** The IDocs are in the system. Whether their documents are posted is decided later: read their status. */
  readonly state: "stored";
  readonly idocs: readonly StoredIdoc[];
}

import { type Clock, OutcomeUnknownError, ValidationError, type VendorMessage } from "@isthmus/core";
import type { SapHttp } from "../../http/sap-http.js";
import { messageIdPrefix, toMessageId } from "../arckey.js";
import { buildIdocs } from "../build-idoc.js";
import type { IdocPartners } from "../control-record.js";
import { writeFlatIdocs } from "../flat/write-flat.js";
import type { Idoc, IdocDraft } from "../idoc.js";
import type { IdocSchema } from "../schema/idoc-schema.js";
import { toIdocNode, writeIdocXml } from "../write-idoc-xml.js";
import { findFailure, readSoapAnswer, type SentRequest } from "./check-answer.js";
import { findAssignments, writeSoapEnvelope } from "./soap-envelope.js";

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

const defaultPaths: Partial<Record<IdocForm, string>> = { xml: "/sap/bc/idoc_xml", soap: "/sap/bc/srt/idoc" };

/** Namespace in which SAP takes each message id once, and one IDoc a request. */
const exactlyOnceNamespace = "urn:sap-com:document:sap:idoc:soap:messages";

/** Sends IDocs over HTTP. */
export class IdocSender {
  readonly #options: IdocSenderOptions;

  constructor(options: IdocSenderOptions) {
    this.#options = options;
  }

  /**
   * Builds, checks and sends the IDocs of one transmission.
   *
   * @returns that they are stored, which is not yet posted.
   * @throws {ValidationError} before anything is sent.
   * @throws {OutcomeUnknownError} when the answer was lost, or names only some of the IDocs; `reconcile` says how to look them
   * up, `vendor.messages` has the numbers of those that are known to be stored.
   */
  async send(drafts: readonly IdocDraft[], options: SendIdocsOptions): Promise<IdocReceipt> {
    const idocs = this.#build(drafts, options);
    switch (options.form ?? "xml") {
      case "soap":
        return await this.#sendSoap(idocs, options);
      case "plain":
        return await this.#sendPlain(idocs, options);
      default:
        return await this.#sendXml(idocs, options);
    }
  }

  #build(drafts: readonly IdocDraft[], options: SendIdocsOptions): readonly Idoc[] {
    const idocs = buildIdocs(drafts, { ...this.#options, ...options });
    if (!options.exactlyOnce) return idocs;
    const [first, second] = idocs;
    if (options.form !== "soap" || second || !first) {
      throw new ValidationError("SAP takes exactly once only a single IDoc in the form soap. Send each for itself.");
    }
    const ARCKEY = first.control.ARCKEY?.startsWith(messageIdPrefix)
      ? first.control.ARCKEY
      : toMessageId(options.idempotencyKey);
    return [{ ...first, control: { ...first.control, ARCKEY } }];
  }

  async #sendXml(idocs: readonly Idoc[], options: SendIdocsOptions): Promise<IdocReceipt> {
    const contentType = this.#options.xmlContentType ?? "text/xml; charset=utf-8";
    await this.#post("xml", contentType, writeIdocXml(idocs, options.schema), idocs, options);
    return { state: "stored", idocs: idocs.map(toStored) };
  }

  async #sendPlain(idocs: readonly Idoc[], options: SendIdocsOptions): Promise<IdocReceipt> {
    if (!options.schema) throw new ValidationError("The form plain needs a schema: it says where each field stands.");
    const { schema, segmentDefinitions } = options;
    const text = writeFlatIdocs(idocs, { schema, ...(segmentDefinitions && { segmentDefinitions }) });
    await this.#post("plain", "text/plain; charset=utf-8", text, idocs, options);
    return { state: "stored", idocs: idocs.map(toStored) };
  }

  async #post(
    form: "xml" | "plain",
    contentType: string,
    body: string,
    idocs: readonly Idoc[],
    { signal }: SendIdocsOptions,
  ): Promise<void> {
    const request = toRequest(idocs);
    const answer = await this.#options.http.request({
      ...request,
      path: this.#path(form),
      headers: { "Content-Type": contentType },
      body,
      ...(signal && { signal }),
    });
    // A customer's own handler answers as it likes: an empty body with status 2xx is a yes there, an HTML page is not.
    const accepts = form === "xml" ? saysInboundOk : (said: string) => said === "" || !/<html|<!doctype/i.test(said);
    const failure = findFailure(answer, request, accepts, this.#options.clock.now());
    if (failure) throw failure;
  }

  async #sendSoap(idocs: readonly Idoc[], options: SendIdocsOptions): Promise<IdocReceipt> {
    const { schema, exactlyOnce = false, signal } = options;
    const request = { ...toRequest(idocs), idempotent: exactlyOnce };
    const answer = await this.#options.http.request({
      ...request,
      path: this.#path("soap"),
      headers: {
        "Content-Type": exactlyOnce ? "application/x-sap.idoc" : "text/xml; charset=utf-8",
        SOAPAction: '""',
      },
      body: writeSoapEnvelope(toIdocNode(idocs, schema, exactlyOnce ? exactlyOnceNamespace : undefined)),
      ...(signal && { signal }),
    });
    const assigned = findAssignments(readSoapAnswer(answer, request, this.#options.clock.now()));
    const numbers = new Map(assigned.map(({ transferId, databaseId }) => [toNumber(transferId), databaseId]));
    const stored = idocs.map((idoc): StoredIdoc => {
      const docnum = numbers.get(toNumber(idoc.control.DOCNUM ?? ""));
      return { ...toStored(idoc), ...(docnum !== undefined && { docnum: docnum.padStart(16, "0") }) };
    });
    assertAllStored(stored, request);
    return { state: "stored", idocs: stored };
  }

  #path(form: IdocForm): string {
    const path = this.#options.paths?.[form] ?? defaultPaths[form];
    if (path !== undefined) return path;
    throw new ValidationError(`No path is configured for the form ${form}: SAP's standard has none.`);
  }
}

/** Title and heading of the page with which SAP's handler says that it stored everything. */
function saysInboundOk(body: string): boolean {
  return body.slice(0, 4_096).includes("IDoc-XML-inbound ok");
}

function toRequest(idocs: readonly Idoc[]): SentRequest & { readonly method: "POST"; readonly idempotent: boolean } {
  return { method: "POST", idempotent: false, name: "idocs.send", reconcile: toReconcile(idocs.map(toStored)) };
}

function toReconcile(idocs: readonly StoredIdoc[]): string {
  const keys = idocs.map(({ arckey }) => arckey);
  const named = keys.length > 5 ? [...keys.slice(0, 4), `… ${keys.at(-1)}`] : keys;
  return `Read table EDIDC (transaction SE16, or idocs.status) for ARCKEY ${named.join(", ")}. An IDoc that is there is stored: do not send it again.`;
}

function toStored({ control }: Idoc): StoredIdoc {
  return { transferId: control.DOCNUM ?? "", arckey: control.ARCKEY ?? "" };
}

/** SAP may give the number back with or without its leading zeros. */
function toNumber(docnum: string): string {
  return docnum.replace(/^0+/, "");
}

function assertAllStored(idocs: readonly StoredIdoc[], request: SentRequest): void {
  const missing = idocs.filter(({ docnum }) => docnum === undefined);
  if (missing.length === 0) return;
  const messages = idocs.map(
    ({ arckey, docnum }): VendorMessage =>
      docnum === undefined
        ? { severity: "error", message: `The IDoc with ARCKEY ${arckey} is not in the answer.` }
        : { severity: "success", message: `The IDoc with ARCKEY ${arckey} is stored as ${docnum}.` },
  );
  const names = missing.map(({ arckey }) => arckey).slice(0, 20);
  throw new OutcomeUnknownError(
    `SAP's answer to ${request.name} names ${idocs.length - missing.length} of ${idocs.length} IDocs. Not among them: ${names.join(", ")}.`,
    { reconcile: toReconcile(missing), vendor: { messages } },
  );
}

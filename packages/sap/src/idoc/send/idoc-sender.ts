import { ValidationError } from "@isthmus/core";
import { messageIdPrefix, toMessageId } from "../arckey.js";
import { buildIdocs } from "../build-idoc.js";
import { writeFlatIdocs } from "../flat/write-flat.js";
import type { Idoc, IdocDraft } from "../idoc.js";
import { toIdocNode, writeIdocXml } from "../write-idoc-xml.js";
import { findFailure, readSoapAnswer } from "./check-answer.js";
import { assertAllStored, toNumber, toRequest, toStored } from "./receipt.js";
import type { IdocForm, IdocReceipt, IdocSenderOptions, SendIdocsOptions, StoredIdoc } from "./send-options.js";
import { findAssignments, writeSoapEnvelope } from "./soap-envelope.js";

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

import { type Clock, type OperatorFiles, ValidationError } from "@isthmus/core";
import type { SapHttp } from "../http/sap-http.js";
import type { IdocSettings } from "../options/idoc-options.js";
import type { IdocPartners } from "./control-record.js";
import type { IdocDraft } from "./idoc.js";
import type { IdocSchema } from "./schema/idoc-schema.js";
import { readIdocSchema } from "./schema/read-idoc-schema.js";
import { IdocSender } from "./send/idoc-sender.js";
import type { IdocReceipt, SendIdocsOptions } from "./send/send-options.js";
import { type IdocLookup, readIdocStatus, type StoredIdocStatus, type TableReader } from "./status/read-idoc-status.js";

/** What the calls of one connector are made of. */
export interface IdocCallParts {
  readonly settings: IdocSettings;
  readonly http: SapHttp;
  readonly clock: Clock;
  readonly files: OperatorFiles;
  /** `sap-client`; `undefined`: not configured. */
  readonly client: string | undefined;
  /** Reads the tables in which the system keeps the status of IDocs. */
  readonly tables: (signal: AbortSignal | undefined) => TableReader;
}

/** IDocs to the system, and what became of them. */
export class IdocCalls {
  readonly #parts: IdocCallParts;
  readonly #schemas = new Map<string, IdocSchema>();

  constructor(parts: IdocCallParts) {
    this.#parts = parts;
  }

  /**
   * Builds, checks and sends the IDocs of one transmission, against the configured schema of their type where there is one.
   *
   * @returns that they are stored, which is not yet posted: {@link IdocCalls.status} tells.
   * @throws {ValidationError} before anything is sent.
   * @throws {OutcomeUnknownError} when the answer was lost, or names only some of the IDocs.
   */
  async send(drafts: readonly IdocDraft[], options: SendIdocsOptions): Promise<IdocReceipt> {
    const { settings, http, clock, client } = this.#parts;
    const { partners } = settings;
    if (client === undefined || !partners) {
      throw new ValidationError("To send IDocs, the configuration has to name the client and idoc.partners.", [
        { path: client === undefined ? "client" : "idoc.partners", message: "is needed to send IDocs" },
      ]);
    }
    const schema = options.schema ?? (await this.#schemaOf(drafts));
    const { xml, soap, plain } = settings.paths;
    const sender = new IdocSender({
      http,
      clock,
      client,
      partners: toPartners(partners),
      paths: { ...(xml && { xml }), ...(soap && { soap }), ...(plain && { plain }) },
      ...(settings.xmlContentType !== undefined && { xmlContentType: settings.xmlContentType }),
    });
    return sender.send(drafts, { ...options, ...(schema && { schema }) });
  }

  /**
   * What became of IDocs, from the system's tables: needs RFC_READ_TABLE among the allowed function modules.
   *
   * @returns one for each that the system has.
   */
  status(lookup: IdocLookup, signal?: AbortSignal): Promise<readonly StoredIdocStatus[]> {
    return readIdocStatus(this.#parts.tables(signal), lookup);
  }

  /** The one schema that fits all of them, if one is configured. */
  async #schemaOf(drafts: readonly IdocDraft[]): Promise<IdocSchema | undefined> {
    const types = new Set(
      drafts.map(({ control: { IDOCTYP, CIMTYP } }) => (CIMTYP ? `${IDOCTYP}/${CIMTYP}` : IDOCTYP)),
    );
    const [type] = types;
    if (type === undefined) return undefined;
    const { schemas, schemaFiles } = this.#parts.settings;
    const isConfigured = [...types].some((each) => Object.hasOwn(schemas, each) || Object.hasOwn(schemaFiles, each));
    if (!isConfigured) return undefined;
    if (types.size > 1) {
      throw new ValidationError(
        "IDocs of several types are sent one type at a time where they are checked by schemas.",
      );
    }
    const known = this.#schemas.get(type);
    if (known) return known;
    const file = Object.hasOwn(schemaFiles, type) ? schemaFiles[type] : undefined;
    const document = file === undefined ? schemas[type] : await this.#parts.files.read(file);
    const schema = document === undefined ? undefined : readIdocSchema(document);
    if (schema) this.#schemas.set(type, schema);
    return schema;
  }
}

/** What is `undefined` by the schema is missing by the type. */
function toPartners({ SNDPRT, RCVPRT, ...others }: NonNullable<IdocSettings["partners"]>): IdocPartners {
  return { ...others, ...(SNDPRT !== undefined && { SNDPRT }), ...(RCVPRT !== undefined && { RCVPRT }) };
}

import { type Clock, NotFoundError, type Random } from "@isthmus/core";
import type { SapHttp } from "../http/sap-http.js";
import type { ODataServiceSettings } from "../options/odata-options.js";
import { fetchMetadata } from "../system/system-identity.js";
import { ODataService } from "./client/odata-service.js";
import { createCodec } from "./codec.js";
import type { ODataModel } from "./model.js";
import { readMetadata } from "./read-metadata.js";

/** What the services of one connector are made of. */
export interface ODataServicesParts {
  /** By the names that callers use. */
  readonly settings: Readonly<Record<string, ODataServiceSettings>>;
  readonly http: SapHttp;
  readonly origin: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Ends the reading of metadata, which several callers may wait for. */
  readonly signal: AbortSignal;
}

/** A service whose metadata was read. */
export interface OpenService {
  readonly service: ODataService;
  readonly model: ODataModel;
  readonly settings: ODataServiceSettings;
}

interface Opened {
  readonly opening: Promise<OpenService>;
  readonly atMs: number;
}

/** How long metadata is taken for true: a transport into the system changes it. */
const metadataLifetimeMs = 3_600_000;

/** The OData services of one connector. The metadata of each is read once, at first use, and again after an hour. */
export class ODataServices {
  readonly #parts: ODataServicesParts;
  readonly #opened = new Map<string, Opened>();

  constructor(parts: ODataServicesParts) {
    this.#parts = parts;
  }

  /** The names that callers use. */
  get names(): readonly string[] {
    return Object.keys(this.#parts.settings);
  }

  /**
   * @throws {NotFoundError} when the configuration has no service of that name.
   * @throws {ConnectorError} what reading its metadata throws.
   */
  open(name: string): Promise<OpenService> {
    const known = this.#opened.get(name);
    return known && this.#parts.clock.now() - known.atMs < metadataLifetimeMs ? known.opening : this.refresh(name);
  }

  /** The same from metadata that is read now: it proves that the service answers. */
  refresh(name: string, signal: AbortSignal = this.#parts.signal): Promise<OpenService> {
    const opened = { opening: this.#read(name, signal), atMs: this.#parts.clock.now() };
    this.#opened.set(name, opened);
    opened.opening.catch(() => {
      if (this.#opened.get(name) === opened) this.#opened.delete(name);
    });
    return opened.opening;
  }

  async #read(name: string, signal: AbortSignal): Promise<OpenService> {
    const { http, origin, clock, random } = this.#parts;
    const settings = Object.hasOwn(this.#parts.settings, name) ? this.#parts.settings[name] : undefined;
    if (!settings) {
      const names = this.names.join(", ") || "none";
      throw new NotFoundError(`The configuration has no OData service of this name. It has: ${names}.`);
    }
    const answer = await fetchMetadata(http, settings.path, { signal, nowMs: clock.now() });
    const model = readMetadata(answer.body);
    const { updateMethod, repeatableRequests, alsoKnownAs } = settings;
    const service = new ODataService({
      http,
      origin,
      alsoKnownAs,
      root: `${settings.path.replace(/\/$/, "")}/`,
      model,
      codec: createCodec(model),
      clock,
      random,
      ...(updateMethod && { updateMethod }),
      repeatableRequests,
    });
    return { service, model, settings };
  }
}

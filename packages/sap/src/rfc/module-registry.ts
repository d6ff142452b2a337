import { ConnectorError, isConnectorError, NotFoundError, type Transport } from "@isthmus/core";
import { assertNoPage } from "../errors/html-page.js";
import { mapSapFailure } from "../errors/map-sap-failure.js";
import type { SapHttp } from "../http/sap-http.js";
import { type DescribedModule, describeModule } from "./describe-module.js";
import { assertActive } from "./read-answer.js";
import { parseWsdl, writeEnvelope } from "./strong-soap.js";
import { loadWsdlDocuments } from "./wsdl-documents.js";

/** What the registry of one connector is made of. */
export interface ModuleRegistryParts {
  readonly http: SapHttp;
  /** Says which addresses a WSDL may import from, and fetches those that are not the system's own, without credentials. */
  readonly transport: Pick<Transport, "assertAllowed" | "request">;
  /** The system: `https://sap.example.com:44300`. */
  readonly origin: string;
  /** WSDLs that were supplied, as text, by the module's name. The others are fetched from the system. */
  readonly wsdls?: Readonly<Record<string, string>>;
  /** Where the system gives WSDLs. Default `/sap/bc/soap/wsdl`. */
  readonly wsdlPath?: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** How many interfaces are kept; the one that was used longest ago goes first. */
const capacity = 200;

/** How long an interface is taken for true: a transport into the system changes it. */
const lifetimeMs = 3_600_000;

interface KnownModule {
  readonly module: Promise<DescribedModule>;
  readonly atMs: number;
}

/** The interfaces of the function modules of one connector. Each is read at first use, again after an hour, and belongs to nobody else. */
export class ModuleRegistry {
  readonly #parts: ModuleRegistryParts;
  readonly #modules = new Map<string, KnownModule>();

  constructor(parts: ModuleRegistryParts) {
    this.#parts = parts;
  }

  /**
   * The interface of a module, by its WSDL.
   *
   * @param signal - Ends this caller's wait. The reading goes on for the others.
   * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when the WSDL cannot be used; `NOT_FOUND` when the system has none;
   * `CANCELLED`.
   */
  async find(name: string, signal?: AbortSignal): Promise<DescribedModule> {
    const now = this.#parts.now();
    const held = this.#modules.get(name);
    const known = held && now - held.atMs < lifetimeMs ? held : { module: this.#read(name), atMs: now };
    const { module } = known;
    this.#modules.delete(name);
    this.#modules.set(name, known);
    const [oldest] = this.#modules.keys();
    if (this.#modules.size > capacity && oldest !== undefined) this.#modules.delete(oldest);
    module.catch(() => {
      if (this.#modules.get(name) === known) this.#modules.delete(name);
    });
    return signal ? untilAborted(module, signal) : module;
  }

  async #read(name: string): Promise<DescribedModule> {
    const { origin, wsdls = {}, wsdlPath = "/sap/bc/soap/wsdl" } = this.#parts;
    const url = new URL(`${wsdlPath}?services=${encodeURIComponent(name)}`, origin);
    const supplied = Object.hasOwn(wsdls, name) ? wsdls[name] : undefined;
    const { documents } = await loadWsdlDocuments(url, (address) => this.#load(address), supplied);
    try {
      const module = describeModule(parseWsdl(url.href, documents), name);
      // Once for trial, so that a schema that strong-soap cannot write by fails here and not in the middle of a call.
      writeEnvelope(module.wsdl, module.place, {});
      return module;
    } catch (cause) {
      if (isConnectorError(cause)) throw cause;
      // strong-soap's words may quote the document.
      const message = `The WSDL of ${name} cannot be used: strong-soap does not understand it. Supply the module's own WSDL.`;
      throw new ConnectorError("UNEXPECTED_RESPONSE", message);
    }
  }

  async #load(url: URL): Promise<string> {
    const { http, transport, origin, now } = this.#parts;
    const name = "rfc.wsdl";
    const own = { method: "GET" as const, name, maxResponseBytes: maxDocumentBytes };
    const isOwn = url.origin === new URL(origin).origin;
    if (!isOwn) transport.assertAllowed(url.href);
    const answer = await (isOwn
      ? http.request({ ...own, path: `${url.pathname}${url.search}` })
      : transport.request({ ...own, url: url.href }));
    assertActive(answer, url.pathname);
    // So it says that it does not know the module; whether it ever will, another try would not tell.
    if (isOwn && answer.status === 500) throw noWsdl(url);
    if (answer.status !== 200) throw mapSapFailure(answer, own, undefined, now());
    assertNoPage(answer);
    return answer.text();
  }
}

const maxDocumentBytes = 8 * 1024 * 1024;

function noWsdl({ pathname, search }: URL): NotFoundError {
  const module = new URLSearchParams(search).get("services") ?? pathname;
  const advice = "Check that the module exists and is remote-enabled (SE37), or supply its WSDL.";
  return new NotFoundError(`The system gives no WSDL of ${module}. ${advice}`, { vendor: { status: 500 } });
}

async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(new ConnectorError("CANCELLED", "The call was ended before it was sent."));
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

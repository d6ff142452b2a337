import { createRequire } from "node:module";

/** strong-soap has no types of its own: what this package uses of it. */
export interface ElementDescriptor {
  readonly qname: { readonly nsURI: string | null; readonly name: string };
  readonly type?: { readonly nsURI: string | null; readonly name: string; readonly anonymous?: SimpleType };
  readonly isMany: boolean;
  readonly isSimple: boolean;
  readonly elements: readonly ElementDescriptor[];
  readonly attributes: readonly unknown[];
}
/** A simple type of the schema, as it was parsed. */
export interface SimpleType {
  readonly $name?: string;
  readonly targetNamespace?: string | null;
  readonly restriction?: Restriction;
}
/** How a simple type narrows another. Facets are text, as written. */
export interface Restriction {
  readonly $base?: string;
  readonly base?: SimpleType | null;
  readonly maxLength?: string;
  readonly length?: string;
  readonly totalDigits?: string;
  readonly fractionDigits?: string;
  readonly pattern?: string;
}
/** An operation of a binding. */
export interface SoapOperation {
  readonly soapVersion?: string;
  describe(definitions: WsdlDefinitions): {
    readonly style?: string;
    readonly input: { readonly body?: ElementDescriptor };
    readonly output: { readonly body?: ElementDescriptor };
  };
}
interface WsdlDefinitions {
  readonly services: Readonly<Record<string, { readonly ports: Readonly<Record<string, WsdlPort>> }>>;
  readonly schemas: Readonly<Record<string, { readonly simpleTypes: Readonly<Record<string, SimpleType>> }>>;
}
interface WsdlPort {
  readonly binding?: { readonly operations?: Readonly<Record<string, SoapOperation>> };
}
/** A WSDL with everything that it imports. */
export interface Wsdl {
  readonly definitions: WsdlDefinitions;
}
/** What strong-soap takes for an HTTP client. */
export interface SoapHttpClient {
  readonly options: { readonly prettyPrint: false };
  request(url: string, data: string | null, callback: unknown, headers?: Readonly<Record<string, string>>): void;
}
interface SoapClient {
  readonly [service: string]: unknown;
}
type SoapMethod = (parameters: object, callback: () => void, options: object, headers: object) => void;
interface StrongSoap {
  readonly soap: {
    readonly Client: new (wsdl: Wsdl, endpoint: string, options: { httpClient: SoapHttpClient }) => SoapClient;
  };
  readonly WSDL: new (text: string, url: string, options: { WSDL_CACHE: object }) => LoadableWsdl;
}
interface LoadableWsdl {
  /** `undefined` after an error. */
  loadSync(): Wsdl | undefined;
}

let library: StrongSoap | undefined;

/** At first use: the import alone takes half a second. */
function load(): StrongSoap {
  library ??= createRequire(import.meta.url)("strong-soap") as StrongSoap;
  return library;
}

/**
 * Lets strong-soap read a WSDL whose documents are in memory already. So it fetches nothing and reads no file: what is not in
 * `documents` is an error. Its cache across callers is not used.
 *
 * Loading must be synchronous: in its asynchronous way an exception over a strange document is thrown where nobody can catch
 * it, and ends the process.
 * https://github.com/loopbackio/strong-soap/blob/v6.0.1/src/parser/wsdl.js (_loadAsyncOrSync)
 *
 * @param documents - By absolute address, each checked before (`loadWsdlDocuments`).
 * @throws {Error} of strong-soap's own, which may quote the document.
 */
export function parseWsdl(url: string, documents: ReadonlyMap<string, string>): Wsdl {
  const { WSDL } = load();
  const cache: Record<string, LoadableWsdl> = Object.create(null);
  for (const [address, text] of documents) cache[address] = new WSDL(text, address, { WSDL_CACHE: cache });
  const wsdl = cache[url]?.loadSync();
  if (wsdl?.definitions) return wsdl;
  throw new Error("strong-soap could not load the WSDL.");
}

/** Where an operation is in a WSDL. */
export interface OperationPlace {
  readonly service: string;
  readonly port: string;
  readonly name: string;
}

/** An envelope ready to be sent. */
export interface SoapEnvelope {
  readonly xml: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Lets strong-soap write the envelope of a call. Its "HTTP client" hands the envelope back instead of sending it, so that
 * nothing of how it reads answers is ever used. The client lives for this envelope alone: headers, `lastRequest` and the like
 * belong to nobody else.
 *
 * @param withSoapAction - Whether the SOAPAction of the WSDL is sent, as services of SOAMANAGER have it. The handler of
 * /sap/bc/soap/rfc takes an empty one and no other, whatever its WSDL says.
 * @param parameters - Checked against the WSDL, every value wrapped as `{ $xml: escapedText }` (see `toSoapParameters`).
 */
export function writeEnvelope(
  wsdl: Wsdl,
  { service, port, name }: OperationPlace,
  parameters: object,
  withSoapAction = false,
): SoapEnvelope {
  let written: SoapEnvelope | undefined;
  const httpClient: SoapHttpClient = {
    options: { prettyPrint: false },
    request: (_url, data, _callback, headers) => {
      written = { xml: data ?? "", headers: { ...headers } };
    },
  };
  const client = new (load().soap.Client)(wsdl, "https://system.invalid/", { httpClient });
  const method = readMethod(client, service, port, name);
  method(parameters, () => undefined, {}, withSoapAction ? {} : { SOAPAction: '""' });
  if (written === undefined) throw new Error("strong-soap wrote no envelope.");
  return written;
}

function readMethod(client: SoapClient, service: string, port: string, name: string): SoapMethod {
  const method = readKey(readKey(client[service], port), name);
  if (typeof method !== "function") throw new Error("strong-soap's client lacks the operation.");
  return (...given) => method(...given);
}

function readKey(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

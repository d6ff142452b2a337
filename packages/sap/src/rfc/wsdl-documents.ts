import { ConnectorError, ForbiddenTargetError, readXml, type XmlElement } from "@isthmus/core";

/** A WSDL and everything that it imports. */
export interface WsdlDocuments {
  /** Address of the WSDL itself. */
  readonly url: string;
  /** Every document by its absolute address. */
  readonly documents: ReadonlyMap<string, string>;
}

/** Fetches one document; refuses what is not on an allowed host. */
export type DocumentLoader = (url: URL) => Promise<string>;

/** How much a WSDL may ask for. */
const limits = { documents: 32, depth: 8, totalBytes: 16 * 1024 * 1024, elements: 100_000 };

/**
 * Loads a WSDL with its imports and looks through each document before strong-soap sees it, because strong-soap would fetch any
 * address and read any file that one of them names.
 *
 * @param text - The WSDL itself, where it was supplied.
 * @throws {ForbiddenTargetError} when a document imports a file or another address that `load` does not allow.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is no XML or uses what SAP's WSDLs do not; `RESPONSE_TOO_LARGE` when
 * it asks for too much.
 */
export async function loadWsdlDocuments(url: URL, load: DocumentLoader, text?: string): Promise<WsdlDocuments> {
  const documents = new Map<string, string>();
  let totalBytes = 0;
  let wave: readonly URL[] = [url];
  for (let depth = 0; wave.length > 0; depth += 1) {
    if (depth > limits.depth) throw tooLarge(`imports through more than ${limits.depth} levels`);
    const next = new Map<string, URL>();
    for (const address of wave) {
      if (documents.size >= limits.documents) throw tooLarge(`has more than ${limits.documents} documents`);
      const document = depth === 0 && text !== undefined ? text : await load(address);
      totalBytes += Buffer.byteLength(document);
      if (totalBytes > limits.totalBytes) throw tooLarge(`is larger than ${limits.totalBytes} bytes`);
      documents.set(address.href, document);
      for (const imported of findImports(document, address)) next.set(imported.href, imported);
    }
    wave = [...next.values()].filter(({ href }) => !documents.has(href));
  }
  return { url: url.href, documents };
}

const wsdlNamespace = "http://schemas.xmlsoap.org/wsdl/";
const schemaNamespace = "http://www.w3.org/2001/XMLSchema";

/**
 * What of XML Schema is in the WSDLs of function modules. The rest is refused: groups within groups, say, would let a few
 * lines describe millions of elements.
 */
const schemaElements: ReadonlySet<string> = new Set(
  (
    "schema element complexType sequence all simpleType restriction import include annotation documentation appinfo " +
    "maxLength minLength length pattern totalDigits fractionDigits whiteSpace enumeration " +
    "minInclusive maxInclusive minExclusive maxExclusive"
  ).split(" "),
);

function findImports(document: string, base: URL): URL[] {
  const root = readXml(document, { maxElements: limits.elements });
  const isWsdl = root.name === "definitions" && root.namespace === wsdlNamespace;
  if (!isWsdl && !(root.name === "schema" && root.namespace === schemaNamespace)) {
    throw unusable("It is neither a WSDL 1.1 document nor a schema");
  }
  const imports: URL[] = [];
  const open: XmlElement[] = [root];
  for (let element = open.pop(); element; element = open.pop()) {
    const { name, namespace, attributes } = element;
    if (namespace === schemaNamespace && !schemaElements.has(name)) {
      throw unusable(`Its schema has <${name}>, which no function module's has`);
    }
    // Whatever its namespace: how strong-soap resolves prefixes must not decide what it fetches.
    if (/^(?:import|include|redefine|override)$/.test(name)) {
      const location = attributes.get("schemaLocation") ?? attributes.get("location");
      if (location !== undefined) imports.push(resolveImport(location, base));
    }
    if (name !== "documentation" && name !== "appinfo") open.push(...element.children);
    else if (hasImport(element)) throw unusable("Its documentation has an import");
  }
  return imports;
}

function hasImport(element: XmlElement): boolean {
  return element.children.some((child) => /^(?:import|include)$/.test(child.name) || hasImport(child));
}

function resolveImport(location: string, base: URL): URL {
  // Nothing that two readers of addresses could take for two addresses.
  if (!/^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/.test(location)) throw forbidden();
  if (/^[a-z][a-z0-9+.-]*:/i.test(location) && !/^https?:\/\//.test(location)) throw forbidden();
  if (!URL.canParse(location, base.href)) throw forbidden();
  const url = new URL(location, base);
  if (url.username !== "" || url.password !== "") throw forbidden();
  url.hash = "";
  return url;
}

function forbidden(): ForbiddenTargetError {
  return new ForbiddenTargetError(
    "The WSDL imports a file or an address that cannot be allowed. Nothing was read. Supply a WSDL without that import.",
  );
}

function unusable(problem: string): ConnectorError {
  const advice = "Supply the WSDL of the function module, as the system gives it.";
  return new ConnectorError("UNEXPECTED_RESPONSE", `The WSDL cannot be used. ${problem}. ${advice}`);
}

function tooLarge(problem: string): ConnectorError {
  return new ConnectorError("RESPONSE_TOO_LARGE", `The WSDL ${problem}.`);
}

import {
  ConnectorError,
  findChild,
  readXml,
  ValidationError,
  type ValidationIssue,
  type XmlElement,
} from "@isthmus/core";
import { type IdocControl, isControlField } from "./control-record.js";
import type { Idoc, IdocSegment } from "./idoc.js";
import { toSapName } from "./names.js";
import { checkAgainstSchema } from "./schema/check-against-schema.js";
import type { IdocSchema } from "./schema/idoc-schema.js";

/** How IDocs are read. */
export interface ParseIdocOptions {
  /** What they have to keep to. Missing: any segments and fields are taken. */
  readonly schema?: IdocSchema;
}

/**
 * Reads the IDocs of a document in SAP's IDoc XML: one or many, by themselves or in a SOAP envelope.
 *
 * An element with `SEGMENT` or with elements in it is a segment, any other one is a field; a document of SAP's own says it
 * everywhere. Values are exactly as written.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is no such document; `RESPONSE_TOO_LARGE` beyond the limits of
 * `readXml`.
 * @throws {ValidationError} when a schema is given and the document does not keep to it, `BEGIN` and `SEGMENT` included.
 */
export function parseIdocs(document: Uint8Array | string, options: ParseIdocOptions = {}): readonly Idoc[] {
  const elements = findIdocs(readXml(document));
  const idocs = elements.map(toIdoc);
  const { schema } = options;
  if (schema) assertSound(elements, idocs, schema);
  return idocs;
}

/**
 * Reads a document that holds one IDoc.
 * @throws {ConnectorError} as {@link parseIdocs} does, and `UNEXPECTED_RESPONSE` when it holds several.
 */
export function parseIdoc(document: Uint8Array | string, options: ParseIdocOptions = {}): Idoc {
  const [idoc, second] = parseIdocs(document, options);
  if (!idoc || second) throw unreadable("It holds several IDocs; read it with parseIdocs");
  return idoc;
}

function findIdocs(root: XmlElement): readonly XmlElement[] {
  const document = root.name === "Envelope" ? findChild(root, "Body")?.children[0] : root;
  const idocs = document?.children ?? [];
  if (idocs.length > 0 && idocs.every(({ name }) => name === "IDOC")) return idocs;
  throw unreadable("It has no element IDOC where one belongs");
}

function toIdoc(element: XmlElement): Idoc {
  const [first, ...segments] = element.children;
  if (first?.name !== "EDI_DC40") throw unreadable("An IDoc of it does not begin with its control record EDI_DC40");
  return { control: toControl(first), segments: segments.map(toSegment) };
}

function toControl(element: XmlElement): IdocControl {
  // EDI_DC40 has not changed since Release 4.0. What is not of it is nobody's.
  const known = element.children.filter(({ name }) => isControlField(name));
  return readFields(known);
}

function toSegment(element: XmlElement): IdocSegment {
  const segments = element.children.filter(isSegment);
  const fields = readFields(element.children.filter((child) => !isSegment(child)));
  return { name: toSapName(element.name), fields, segments: segments.map(toSegment) };
}

function isSegment({ attributes, children }: XmlElement): boolean {
  return attributes.has("SEGMENT") || children.length > 0;
}

function readFields(elements: readonly XmlElement[]): Record<string, string> {
  const fields = new Map<string, string>();
  for (const element of elements) {
    const name = toSapName(element.name);
    if (fields.has(name)) throw unreadable("A segment of it has the same field twice");
    fields.set(name, element.text);
  }
  return Object.fromEntries(fields);
}

function assertSound(elements: readonly XmlElement[], idocs: readonly Idoc[], schema: IdocSchema): void {
  const issues = idocs.flatMap((idoc, at) =>
    checkAgainstSchema(idoc, schema).map(({ path, message }) => ({ path: `${at}.${path}`, message })),
  );
  elements.forEach((element, at) => {
    issues.push(...checkAttributes(element, at));
  });
  if (issues.length === 0) return;
  throw new ValidationError(`The document does not keep to the schema of ${schema.name}.`, issues);
}

function checkAttributes(idoc: XmlElement, at: number): ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  if (idoc.attributes.get("BEGIN") !== "1") issues.push({ path: String(at), message: 'IDOC has to have BEGIN="1".' });
  const visit = (element: XmlElement, path: string): void => {
    if (element.attributes.get("SEGMENT") !== "1") issues.push({ path, message: 'It has to have SEGMENT="1".' });
    element.children.filter(isSegment).forEach((child, place) => {
      visit(child, `${path}.segments.${place}`);
    });
  };
  idoc.children.forEach((segment, place) => {
    visit(segment, place === 0 ? `${at}.control` : `${at}.segments.${place - 1}`);
  });
  return issues;
}

function unreadable(problem: string): ConnectorError {
  return new ConnectorError("UNEXPECTED_RESPONSE", `The document is not an IDoc in XML. ${problem}.`);
}

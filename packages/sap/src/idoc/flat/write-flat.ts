import { ValidationError, type ValidationIssue } from "@isthmus/core";
import { checkIdoc } from "../check-idoc.js";
import type { Idoc, IdocSegment } from "../idoc.js";
import { isSapName } from "../names.js";
import { checkAgainstSchema } from "../schema/check-against-schema.js";
import { type IdocSchema, type IdocSegmentType, segmentTypes } from "../schema/idoc-schema.js";
import { controlRecord, dataLength, dataRecord, type FlatField, writeRecord } from "./records.js";

/** How the flat form is laid out. */
export interface FlatOptions {
  /** Order and length of each segment's fields. */
  readonly schema: IdocSchema;
  /**
   * Names of segment definitions by segment type, `{ E1EDK01: "E2EDK01005" }`: a file port names segments so, and which version
   * is wanted depends on the release in the partner profile. Default: the types' own names.
   */
  readonly segmentDefinitions?: Readonly<Record<string, string>>;
}

/**
 * Writes IDocs as records of fixed width, one a line: a control record of 524 characters, then data records of 1063. Blanks at
 * the end of a value have no meaning in this form and are not kept, and neither is the difference between an empty field and
 * a missing one.
 *
 * @throws {ValidationError} when an IDoc does not keep to the schema, a field has no length in it, a segment's fields are more
 * than 1000 characters, or a value has a line break or another control character.
 */
export function writeFlatIdocs(idocs: readonly Idoc[], options: FlatOptions): string {
  const issues = idocs.flatMap((idoc, at) =>
    [...checkIdoc(idoc), ...checkAgainstSchema(idoc, options.schema)].map(({ path, message }) => ({
      path: `${at}.${path}`,
      message,
    })),
  );
  assertSound(issues);
  const types = segmentTypes(options.schema);
  const records = idocs.flatMap((idoc, at) => [
    writeControl(idoc, `${at}.control`),
    ...new SegmentWriter(idoc, options, types).write(`${at}`),
  ]);
  return `${records.join("\r\n")}\r\n`;
}

function writeControl({ control }: Idoc, path: string): string {
  for (const [name, value] of Object.entries(control)) assertOneLine(value, `${path}.${name}`);
  return writeRecord(controlRecord, control);
}

/** What `SEGNUM` can count to. */
const maxSegments = 999_999;

class SegmentWriter {
  readonly #idoc: Idoc;
  readonly #options: FlatOptions;
  readonly #types: ReadonlyMap<string, IdocSegmentType>;
  readonly #records: string[] = [];

  constructor(idoc: Idoc, options: FlatOptions, types: ReadonlyMap<string, IdocSegmentType>) {
    this.#idoc = idoc;
    this.#options = options;
    this.#types = types;
  }

  write(path: string): readonly string[] {
    // SAP's own files: a segment of the first level has HLEVEL 01 where there can be one, 02 where there can be several.
    // https://help.qlik.com/talend/en-US/data-mapper-user-guide/7.3/all-data-segments
    const single = new Set(
      this.#options.schema.segments.filter((rule) => rule.maxOccurs === 1).map(({ name }) => name),
    );
    this.#idoc.segments.forEach((segment, at) => {
      this.#write(segment, `${path}.segments.${at}`, 0, single.has(segment.name) ? 1 : 2);
    });
    return this.#records;
  }

  #write(segment: IdocSegment, path: string, parent: number, level: number): void {
    const number = this.#records.length + 1;
    this.#records.push(this.#toRecord(segment, path, { number, parent, level }));
    segment.segments.forEach((child, at) => {
      this.#write(child, `${path}.segments.${at}`, number, level + 1);
    });
  }

  #toRecord(
    segment: IdocSegment,
    path: string,
    { number, parent, level }: { readonly number: number; readonly parent: number; readonly level: number },
  ): string {
    const { MANDT, DOCNUM } = this.#idoc.control;
    const type = this.#types.get(segment.name);
    const definition = this.#options.segmentDefinitions?.[segment.name] ?? segment.name;
    if (!isSapName(definition)) {
      throw new ValidationError(
        `The segment definition that stands for ${segment.name} has a name that none can have.`,
      );
    }
    if (number > maxSegments) throw new ValidationError(`The flat form holds at most ${maxSegments} segments an IDoc.`);
    for (const [name, value] of Object.entries(segment.fields)) assertOneLine(value, `${path}.fields.${name}`);
    return writeRecord(dataRecord, {
      SEGNAM: definition,
      MANDT,
      DOCNUM,
      SEGNUM: String(number).padStart(6, "0"),
      PSGNUM: String(parent).padStart(6, "0"),
      HLEVEL: String(level).padStart(2, "0"),
      SDATA: type && writeRecord(toFlatFields(segment.name, type), segment.fields),
    });
  }
}

/**
 * The fields of a segment with their lengths.
 * @throws {ValidationError} when one has no length, or all together have more than 1000 characters.
 */
export function toFlatFields(segment: string, type: IdocSegmentType): readonly FlatField[] {
  let total = 0;
  const fields = [...type.fields].map(([name, { maxLength }]): FlatField => {
    if (maxLength === undefined) {
      throw new ValidationError(`The schema gives ${name} of ${segment} no length. The flat form needs one.`);
    }
    total += maxLength;
    return { name, length: maxLength };
  });
  if (total <= dataLength) return fields;
  throw new ValidationError(`The fields of ${segment} have ${total} characters. The flat form holds ${dataLength}.`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are looked for.
const controlCharacter = /[\u0000-\u001f\u007f]/;

function assertOneLine(value: string, path: string): void {
  if (!controlCharacter.test(value)) return;
  const message = "It holds a line break or another control character, which would end its record.";
  assertSound([{ path, message }]);
}

function assertSound(issues: readonly ValidationIssue[]): void {
  const [first] = issues;
  if (first) throw new ValidationError(`The IDoc cannot be written. ${first.path}: ${first.message}`, issues);
}

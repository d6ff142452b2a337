import { ConnectorError } from "../errors/index.js";

/** What {@link parsePhpSerialized} reads: JSON's values. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

const maximumDepth = 64;
const integerPattern = /^(?:0|-?[1-9]\d*)$/;
const floatPattern = /^-?\d+(?:\.\d+)?(?:E[+-]?\d+)?$/;
const lengthPattern = /^(?:0|[1-9]\d{0,8})$/;

/**
 * Reads the part of PHP's `serialize()` format that is data: null, booleans, integers, floats, strings, arrays. Objects,
 * enums and references are refused: making them is how `unserialize` gets attacked. An array whose keys are 0, 1, 2, …
 * becomes an array (an empty one too), any other an object.
 *
 * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE` that says what stands at which byte, never the text itself.
 * @see https://www.phpinternalsbook.com/php5/classes_objects/serialization.html
 */
export function parsePhpSerialized(bytes: Buffer): PlainValue {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (!reader.isAtEnd) throw reader.refuse("something behind the end of the value");
  return value;
}

/** UTF-8 as text. PHP's strings are bytes; what is no text cannot be sealed as JSON. `undefined` when it is none. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

class Reader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#position === this.#bytes.length;
  }

  value(depth: number): PlainValue {
    if (depth > maximumDepth) throw this.refuse(`more than ${maximumDepth} arrays inside each other`);
    const type = String.fromCharCode(this.#bytes[this.#position] ?? 0);
    if ("OCE".includes(type))
      throw this.refuse("a PHP object, which is never made here; let Laravel write it as an array");
    if ("Rr".includes(type)) throw this.refuse("a reference, which JSON does not have");
    if (!"Nbidsa".includes(type))
      throw this.refuse("no type of PHP's serialize(): was the value written by encryptString?");
    this.#position++;
    if (type === "N") {
      this.#expect(";");
      return null;
    }
    this.#expect(":");
    if (type === "s") return this.#string();
    if (type === "a") return this.#array(depth);
    return type === "b" ? this.#boolean() : this.#number(type === "i");
  }

  refuse(problem: string): ConnectorError {
    const message = `The serialised PHP value has ${problem} (at byte ${this.#position}).`;
    return new ConnectorError("SEALED_VALUE_UNREADABLE", message);
  }

  #boolean(): boolean {
    const text = this.#until(";");
    if (text !== "0" && text !== "1") throw this.refuse("a boolean that is neither 0 nor 1");
    return text === "1";
  }

  #number(isInteger: boolean): number {
    const text = this.#until(";");
    if (!(isInteger ? integerPattern : floatPattern).test(text)) {
      throw this.refuse("a number that JSON cannot hold or PHP does not write");
    }
    const value = Number(text);
    if (isInteger && !Number.isSafeInteger(value)) throw this.refuse("an integer that JSON would not keep exactly");
    if (!Number.isFinite(value)) throw this.refuse("a number that JSON cannot hold");
    return value;
  }

  #string(): string {
    const length = this.#length();
    this.#expect('"');
    const end = this.#position + length;
    if (end > this.#bytes.length) throw this.refuse("a string that is longer than the value");
    const text = decodeUtf8(this.#bytes.subarray(this.#position, end));
    if (text === undefined) throw this.refuse("a string that is not UTF-8");
    this.#position = end;
    this.#expect('"');
    this.#expect(";");
    return text;
  }

  #array(depth: number): PlainValue {
    const length = this.#length();
    this.#expect("{");
    const entries = new Map<string, PlainValue>();
    let isList = true;
    for (let index = 0; index < length; index++) {
      const type = this.#bytes[this.#position];
      if (type !== 0x69 && type !== 0x73) throw this.refuse("an array key that is neither an integer nor a string");
      const key = this.value(depth + 1);
      isList &&= key === index;
      const name = String(key);
      if (entries.has(name)) throw this.refuse("the same array key twice");
      entries.set(name, this.value(depth + 1));
    }
    this.#expect("}");
    // fromEntries makes own properties of all names, "__proto__" too.
    return isList ? [...entries.values()] : Object.fromEntries(entries);
  }

  #length(): number {
    const text = this.#until(":");
    if (!lengthPattern.test(text)) throw this.refuse("a length that is no number");
    return Number(text);
  }

  /** The few characters up to `end`, which is skipped. */
  #until(end: string): string {
    const found = this.#bytes.indexOf(end, this.#position, "latin1");
    if (found === -1 || found - this.#position > 40) throw this.refuse(`no "${end}" where one belongs`);
    const text = this.#bytes.toString("latin1", this.#position, found);
    this.#position = found + 1;
    return text;
  }

  #expect(character: string): void {
    if (this.#bytes[this.#position] !== character.charCodeAt(0))
      throw this.refuse(`no "${character}" where one belongs`);
    this.#position++;
  }
}

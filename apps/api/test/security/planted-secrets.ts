import { randomBytes } from "node:crypto";

/** Secrets that a test has planted, by what they are, and the search for them. */
export class PlantedSecrets {
  readonly #values = new Map<string, string>();

  /** A new secret that every encoding writes in another way. */
  plant(name: string): string {
    return this.add(name, `${randomBytes(12).toString("hex")}/+&"<é%=`);
  }

  /** A new secret that a header can carry. */
  plantPlain(name: string): string {
    return this.add(name, `pl${randomBytes(14).toString("hex")}`);
  }

  /** A secret that was made elsewhere, such as an API key. */
  add(name: string, value: string): string {
    this.#values.set(name, value);
    return value;
  }

  /** What each of them is. */
  get names(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** All values, by name. */
  get values(): ReadonlyMap<string, string> {
    return this.#values;
  }

  /** Which secrets stand in a text, in any encoding. */
  findIn(text: string): string[] {
    return this.locateIn(text).map(({ name }) => name);
  }

  /** Like {@link findIn}, with what stands around them. */
  locateIn(text: string): { readonly name: string; readonly around: string }[] {
    const lower = text.toLowerCase();
    return [...this.#values].flatMap(([name, value]) => {
      const at = Math.max(...formsOf(value).map((form) => lower.indexOf(form)));
      return at < 0 ? [] : [{ name, around: text.slice(Math.max(0, at - 250), at + 100) }];
    });
  }
}

/** The part of a secret that is the same in plain text, URLs, JSON and HTML: its longest row of letters and digits. */
export function coreOf(secret: string): string {
  const rows = secret.match(/[A-Za-z0-9]+/g) ?? [];
  const longest = rows.reduce((best, row) => (row.length > best.length ? row : best), "");
  return longest.slice(0, 40);
}

/** How the core of a secret may be written, in lower case: base64 is compared without regard to case, which finds more, not less. */
export function formsOf(secret: string): string[] {
  const core = coreOf(secret);
  const bytes = Buffer.from(core);
  const wide = Buffer.from(core, "utf16le");
  const bigEndian = Buffer.from(wide).swap16();
  const units = [...core].map((letter) => letter.charCodeAt(0));
  const hex = (unit: number, length: number) => unit.toString(16).padStart(length, "0");
  return [
    core,
    bytes.toString("hex"),
    wide.toString("hex"),
    bigEndian.toString("hex"),
    wide.toString("latin1"),
    bigEndian.toString("latin1"),
    [...core].join("\\u0000"),
    ...[bytes, wide, bigEndian].flatMap(base64Forms),
    units.map((unit) => `%${hex(unit, 2)}`).join(""),
    units.map((unit) => `\\u${hex(unit, 4)}`).join(""),
    units.map((unit) => `\\x${hex(unit, 2)}`).join(""),
    units.map((unit) => `&#${unit};`).join(""),
    units.map((unit) => `&#x${hex(unit, 2)};`).join(""),
    units.join(","),
  ].map((form) => form.toLowerCase());
}

/** Within a longer text, base64 depends on where the secret begins: three alignments, without their blurred ends. */
function base64Forms(bytes: Buffer): string[] {
  const aligned = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replaceAll("=", "")
      .slice(shift === 0 ? 0 : shift + 1, -2),
  );
  return [...aligned, ...aligned.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"))];
}

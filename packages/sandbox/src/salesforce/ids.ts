const suffixAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The organisation that this sandbox plays. Fixed, so that identity URLs stay the same across restarts. */
export const organizationId = toLongId("00DgL0000004NwT");

/**
 * Adds the three-character suffix that makes an id safe where letter case is lost: each character holds, for five
 * characters of the id, which of them are upper case.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm (ID field type)
 */
export function toLongId(shortId: string): string {
  let suffix = "";
  for (let chunk = 0; chunk < 3; chunk += 1) {
    let bits = 0;
    for (let at = 0; at < 5; at += 1) {
      const code = shortId.charCodeAt(chunk * 5 + at);
      if (code >= 65 && code <= 90) bits |= 1 << at;
    }
    suffix += suffixAlphabet.charAt(bits);
  }
  return shortId + suffix;
}

/**
 * The 18-character form of an id given in either form; `undefined` when it is no id.
 *
 * An 18-character id whose letter case was lost is restored from its suffix.
 */
export function normalizeId(id: string): string | undefined {
  if (/^[A-Za-z0-9]{15}$/.test(id)) return toLongId(id);
  if (!/^[A-Za-z0-9]{15}[A-Za-z0-5]{3}$/.test(id)) return undefined;
  let restored = "";
  for (let at = 0; at < 15; at += 1) {
    const bits = suffixAlphabet.indexOf(id.charAt(15 + Math.floor(at / 5)).toUpperCase());
    const upper = (bits >> (at % 5)) & 1;
    const character = id.charAt(at);
    if (upper === 1 && !/[A-Za-z]/.test(character)) return undefined;
    restored += upper === 1 ? character.toUpperCase() : character.toLowerCase();
  }
  return toLongId(restored);
}

/** The id number `sequence` of the objects with this key prefix. Ids of one object sort in the order they were made. */
export function makeId(keyPrefix: string, sequence: number): string {
  let text = "";
  for (let rest = sequence; rest > 0; rest = Math.floor(rest / 62)) text = digits.charAt(rest % 62) + text;
  return toLongId(`${keyPrefix}gL0${text.padStart(9, "0")}`);
}

/**
 * An ABAP name as SAP writes it in XML: `/ROP/X` is `_-ROP_-X`, any other character that an XML name cannot have is `_--` and
 * its two hexadecimal digits.
 * @see https://help.sap.com/doc/abapdocu_752_index_htm/7.52/en-US/abenabap_xslt_asxml_names.htm
 */
export function toXmlName(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, (character) => (character === "/" ? "_-" : `_--${toHexPair(character)}`));
}

/** An XML name of SAP's as the ABAP name that it stands for. */
export function fromXmlName(name: string): string {
  return name
    .replace(/_--([0-9A-Fa-f]{2})/g, (_all, pair: string) => String.fromCharCode(Number.parseInt(pair, 16)))
    .replaceAll("_-", "/");
}

/** Whether it can be the name of a function module: up to 30 characters, perhaps with a namespace such as `/ROP/`. */
export function isModuleName(name: string): boolean {
  return name.length <= 30 && /^(?:\/[A-Z0-9_]{1,10}\/)?[A-Z0-9_]+$/.test(name);
}

function toHexPair(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0").slice(-2);
}

/**
 * Whether a name is one that SAP's dictionary allows for a segment or a field: at most 30 characters, a namespace between
 * slashes at its start where it has one.
 */
export function isSapName(name: string): boolean {
  return name.length <= 30 && /^(?:\/[A-Z0-9_]{1,8}\/)?[A-Z][A-Z0-9_]*$/.test(name);
}

/**
 * A name of SAP's dictionary as an XML name: `/ROP/X` becomes `_-ROP_-X`.
 * @see https://help.sap.com/saphelp_scm700_ehp01/helpdata/en/f6/86d63b9586105ae10000000a114084/content.htm
 */
export function toXmlName(name: string): string {
  return name.replaceAll("/", "_-");
}

/** The reverse of {@link toXmlName}. No name in the dictionary has a hyphen, so nothing else is touched. */
export function toSapName(xmlName: string): string {
  return xmlName.replaceAll("_-", "/");
}

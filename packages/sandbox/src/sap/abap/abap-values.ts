/** `YYYY-MM-DD` as ABAP keeps it; a day that is not known is `00000000`. */
export function toAbapDate(day: string | null): string {
  return day === null || day === "" ? "00000000" : day.replaceAll("-", "");
}

/** The opposite of `toAbapDate`; null for `00000000` and for what is no date. */
export function fromAbapDate(date: string | undefined): string | null {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(date ?? "") ?? [];
  return year === undefined || year === "0000" ? null : `${year}-${month}-${day}`;
}

// Inside the system units and document types have German names; the released APIs show them in English.
const units: Readonly<Record<string, string>> = { PC: "ST" };
const documentTypes: Readonly<Record<string, string>> = { OR: "TA" };

/** `PC` is `ST` inside. */
export function toAbapUnit(unit: string): string {
  return units[unit] ?? unit;
}

/** The opposite of `toAbapUnit`. */
export function fromAbapUnit(unit: string): string {
  return turn(units, unit);
}

/** `OR` is `TA` inside. */
export function toAbapDocumentType(type: string): string {
  return documentTypes[type] ?? type;
}

/** The opposite of `toAbapDocumentType`. */
export function fromAbapDocumentType(type: string): string {
  return turn(documentTypes, type);
}

function turn(names: Readonly<Record<string, string>>, inside: string): string {
  return Object.entries(names).find(([, value]) => value === inside)?.[0] ?? inside;
}

/** The fields of a row that no other part of a record holds. */
export function otherFields(row: Readonly<Record<string, string>>, known: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !known.includes(name)));
}

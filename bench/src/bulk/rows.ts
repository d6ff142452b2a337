/** Fields of a row, as a company would query them; one row in ten has what a reader of CSV must cope with. */
export const fields = ["Id", "Name", "Serial__c", "Value__c", "Valid__c", "Measured_At__c", "Note__c"] as const;

/** Row `index` of the set. */
export function makeRow(index: number): Readonly<Record<(typeof fields)[number], string>> {
  const number = String(index).padStart(9, "0");
  return {
    Id: `a0M5e00${number}AA`,
    Name: `Reading of machine ${index % 1_000}`,
    Serial__c: `SN-${number}`,
    Value__c: `${index % 100_000}.125`,
    Valid__c: index % 7 === 0 ? "false" : "true",
    Measured_At__c: "2026-11-26T10:00:00.000+0000",
    Note__c: index % 10 === 0 ? 'checked by "Jörg", twice' : "",
  };
}

/** A row as Salesforce writes it: every value in quotes. */
export function toLine(values: readonly string[]): string {
  return `${values.map((value) => `"${value.replaceAll('"', '""')}"`).join(",")}\n`;
}

const zero = 0x30;

/**
 * Writes texts that hold a number, byte by byte, as what comes from a database's driver is made.
 *
 * @param width - Least digits.
 */
export function createNumberedText(prefix: string, width: number, suffix = ""): (number: number) => string {
  const bytes = Buffer.from(`${prefix}${"0".repeat(16)}${suffix}`);
  return (number) => {
    let digits = width;
    while (digits < 16 && number >= 10 ** digits) digits += 1;
    const end = prefix.length + digits;
    for (let at = end - 1, rest = number; at >= prefix.length; at -= 1) {
      bytes[at] = zero + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    return bytes.toString("latin1", 0, end + bytes.write(suffix, end));
  };
}

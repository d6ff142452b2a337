/** The objects that the system numbers. */
export type NumberedObject = "businessPartner" | "salesOrder";

const first: Record<NumberedObject, number> = { businessPartner: 17_100_001, salesOrder: 1 };

/** Number range intervals (SNRO): ascending, padded to ten digits, never given twice. */
export class NumberRanges {
  #next = { ...first };

  /** The next number, such as "0000000042". */
  take(object: NumberedObject): string {
    const number = this.#next[object];
    this.#next[object] = number + 1;
    return padNumber(String(number), 10);
  }

  /** Back to the first number of each interval. */
  clear(): void {
    this.#next = { ...first };
  }
}

/** Pads a number with zeros as the ALPHA conversion exit does; text that is not all digits stays as it is. */
export function padNumber(value: string, length: number): string {
  return /^\d+$/.test(value) ? value.padStart(length, "0") : value;
}

/** Takes the leading zeros away, as the ALPHA conversion exit does on output. */
export function stripZeros(value: string): string {
  return /^\d+$/.test(value) ? value.replace(/^0+(?=\d)/, "") : value;
}

/**
 * A value that does not fit its type. Stays inside: what reads or writes an entity turns it into an error that names the field.
 * The message goes on from the field's name ("must be …") and never repeats the value.
 */
export class UnfitValue extends Error {
  /** Name of the class. */
  override readonly name = "UnfitValue";
}

/** Throws what {@link UnfitValue} says. */
export function refuse(expected: string): never {
  throw new UnfitValue(expected);
}

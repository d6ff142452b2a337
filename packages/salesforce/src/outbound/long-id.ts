const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/**
 * An id of 15 characters, where letter case counts, as the one of 18, where it does not; any other text as it is.
 * @see https://help.salesforce.com/s/articleView?id=000385585
 */
export function toLongId(id: string): string {
  if (!/^[A-Za-z0-9]{15}$/.test(id)) return id;
  const suffix = [0, 5, 10].map((start) => {
    const bits = [...id.slice(start, start + 5)].reduce(
      (sum, character, at) => sum + (/[A-Z]/.test(character) ? 2 ** at : 0),
      0,
    );
    return alphabet.charAt(bits);
  });
  return id + suffix.join("");
}

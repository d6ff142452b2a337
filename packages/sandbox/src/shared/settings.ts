import { InvalidSettingError } from "./control-routes.js";

/**
 * Changes settings in place, so that whoever holds them sees the new values.
 *
 * @param defaults - Every setting there is; the type of each default is the type it must keep.
 * @param zeroAllowed - Numbers that may be 0; all others start at 1.
 * @throws {InvalidSettingError} for an unknown name or a wrong value; nothing is changed then.
 */
export function applySettings<Settings extends object>(
  settings: Settings,
  defaults: Readonly<Settings>,
  changes: Record<string, unknown>,
  zeroAllowed: readonly string[] = [],
): void {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const known = new Map<string, unknown>(Object.entries(defaults));
  for (const [name, value] of given) {
    if (!known.has(name)) {
      throw new InvalidSettingError(`Unknown setting "${name}". Known: ${[...known.keys()].join(", ")}.`);
    }
    const expected = typeof known.get(name);
    if (typeof value !== expected) throw new InvalidSettingError(`"${name}" must be a ${expected}.`);
    const least = zeroAllowed.includes(name) ? 0 : 1;
    if (typeof value === "number" && (!Number.isSafeInteger(value) || value < least)) {
      throw new InvalidSettingError(`"${name}" must be a whole number from ${least}.`);
    }
  }
  Object.assign(settings, Object.fromEntries(given));
}

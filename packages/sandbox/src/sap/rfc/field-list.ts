import { type AbapType, char, dats, decimal, numc, raw, tims } from "./abap-types.js";
import type { AbapStructure } from "./function-module.js";

/**
 * A structure from a short list: `NAME:c10` is CHAR 10, `n6` NUMC 6, `p13.3` a packed number of 13 digits with 3 places, `b16` RAW 16,
 * `d` DATS, `t` TIMS.
 *
 * @throws {Error} for anything else; the lists are this project's own.
 */
export function structureOf(name: string, list: string): AbapStructure {
  const fields = list
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [field = "", code = ""] = entry.split(":");
      return [field, typeOf(code)] as const;
    });
  return { name, fields };
}

/** The check list beside a structure: a flag for each of its fields; `keys` keep their types. */
export function checkListOf(structure: AbapStructure, keys: readonly string[]): AbapStructure {
  const kept = structure.fields.filter(([field]) => keys.includes(field));
  const flags = structure.fields.filter(([field]) => !keys.includes(field)).map(([field]) => [field, char(1)] as const);
  return { name: `${structure.name}X`, fields: [...kept, ["UPDATEFLAG", char(1)], ...flags] };
}

function typeOf(code: string): AbapType {
  const [digits = 0, decimals = 0] = code.slice(1).split(".").map(Number);
  switch (code[0]) {
    case "c":
      return char(digits);
    case "n":
      return numc(digits);
    case "b":
      return raw(digits);
    case "p":
      return decimal(digits, decimals);
    case "d":
      return dats;
    case "t":
      return tims;
    default:
      throw new Error(`"${code}" is no type.`);
  }
}

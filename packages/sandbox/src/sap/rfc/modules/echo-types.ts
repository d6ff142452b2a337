import { char, dats, decimal, int, numc, raw, string, tims, xstring } from "../abap-types.js";
import type { AbapStructure, FunctionModule } from "../function-module.js";

/** The types that lose something in careless clients: long numbers, leading zeros, initial dates, texts of any length. */
const types: AbapStructure = {
  name: "ZISTHMUS_TYPES",
  fields: [
    ["CHAR10", char(10)],
    ["NUMC10", numc(10)],
    ["DEC31", decimal(31, 14)],
    ["CURR15", decimal(15, 2)],
    ["INT4", int()],
    ["INT8", int(8)],
    ["DATS", dats],
    ["TIMS", tims],
    ["RAW16", raw(16)],
    ["STRING", string],
    ["XSTRING", xstring],
  ],
};

/** A function module of the sandbox's own: returns a value of each type as it came. */
export const echoTypes: FunctionModule = {
  name: "Z_ISTHMUS_ECHO_TYPES",
  parameters: [
    { name: "IMPORTSTRUCT", direction: "importing", type: types },
    { name: "TEXT", direction: "importing", type: string },
    { name: "ECHOSTRUCT", direction: "exporting", type: types },
    { name: "ECHOTEXT", direction: "exporting", type: string },
    { name: "T_TYPES", direction: "tables", type: types },
  ],
  exceptions: [],
  run: (call) => {
    call.setStructure("ECHOSTRUCT", call.structure("IMPORTSTRUCT"));
    call.setValue("ECHOTEXT", call.value("TEXT"));
  },
};

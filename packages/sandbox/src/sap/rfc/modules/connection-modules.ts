import { char, dats, float, int, raw, tims } from "../abap-types.js";
import type { AbapStructure, FunctionModule } from "../function-module.js";

/** Does nothing: who gets an answer is logged on. */
export const rfcPing: FunctionModule = { name: "RFC_PING", parameters: [], exceptions: [], run: () => undefined };

/** SAP's own connection test: returns what it is sent. */
export const stfcConnection: FunctionModule = {
  name: "STFC_CONNECTION",
  parameters: [
    { name: "REQUTEXT", direction: "importing", type: char(255), optional: false },
    { name: "ECHOTEXT", direction: "exporting", type: char(255) },
    { name: "RESPTEXT", direction: "exporting", type: char(255) },
  ],
  exceptions: [],
  run: (call) => {
    const { systemId, client } = call.parts;
    call.setValue("ECHOTEXT", call.value("REQUTEXT"));
    call.setValue(
      "RESPTEXT",
      `SAP R/3 Rel. 758   Sysid: ${systemId}   Client: ${client}   User: ${call.session.user.name}`,
    );
  },
};

/** One field of each elementary type: the row of STFC_STRUCTURE. */
const rfctest: AbapStructure = {
  name: "RFCTEST",
  fields: [
    ["RFCFLOAT", float],
    ["RFCCHAR1", char(1)],
    ["RFCINT2", int(2)],
    ["RFCINT1", int(1)],
    ["RFCCHAR4", char(4)],
    ["RFCINT4", int()],
    ["RFCHEX3", raw(3)],
    ["RFCCHAR2", char(2)],
    ["RFCTIME", tims],
    ["RFCDATE", dats],
    ["RFCDATA1", char(50)],
    ["RFCDATA2", char(50)],
  ],
};

/** SAP's own test of structures and tables: echoes the structure and appends it to the table. */
export const stfcStructure: FunctionModule = {
  name: "STFC_STRUCTURE",
  parameters: [
    { name: "IMPORTSTRUCT", direction: "importing", type: rfctest, optional: false },
    { name: "ECHOSTRUCT", direction: "exporting", type: rfctest },
    { name: "RESPTEXT", direction: "exporting", type: char(255) },
    { name: "RFCTABLE", direction: "tables", type: rfctest },
  ],
  exceptions: [],
  run: (call) => {
    const sent = call.structure("IMPORTSTRUCT");
    call.setStructure("ECHOSTRUCT", sent);
    call.setRows("RFCTABLE", [...call.rows("RFCTABLE"), sent]);
    call.setValue("RESPTEXT", `SAP R/3 Rel. 758   Sysid: ${call.parts.systemId}`);
  },
};

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

const rfcsi: AbapStructure = {
  name: "RFCSI",
  fields: [
    ["RFCPROTO", char(3)],
    ["RFCCHARTYP", char(4)],
    ["RFCINTTYP", char(3)],
    ["RFCFLOTYP", char(3)],
    ["RFCDEST", char(32)],
    ["RFCHOST", char(8)],
    ["RFCSYSID", char(8)],
    ["RFCDATABS", char(8)],
    ["RFCDBHOST", char(32)],
    ["RFCDBSYS", char(10)],
    ["RFCSAPRL", char(4)],
    ["RFCMACH", char(5)],
    ["RFCOPSYS", char(10)],
    ["RFCTZONE", char(6)],
    ["RFCDAYST", char(1)],
    ["RFCIPADDR", char(15)],
    ["RFCKERNRL", char(4)],
    ["RFCHOST2", char(32)],
    ["RFCSI_RESV", char(12)],
    ["RFCIPV6ADDR", char(45)],
  ],
};

/** Names the system and its release. */
export const rfcSystemInfo: FunctionModule = {
  name: "RFC_SYSTEM_INFO",
  parameters: [
    { name: "RFCSI_EXPORT", direction: "exporting", type: rfcsi },
    { name: "CURRENT_RESOURCES", direction: "exporting", type: int() },
    { name: "MAXIMAL_RESOURCES", direction: "exporting", type: int() },
    { name: "RECOMMENDED_DELAY", direction: "exporting", type: int() },
  ],
  exceptions: [],
  run: (call) => {
    const { systemId } = call.parts;
    call.setStructure("RFCSI_EXPORT", {
      ...{ RFCPROTO: "011", RFCCHARTYP: "4103", RFCINTTYP: "LIT", RFCFLOTYP: "IE3" },
      ...{ RFCDEST: `sandbox_${systemId}_00`, RFCHOST: "sandbox", RFCSYSID: systemId, RFCDATABS: systemId },
      ...{ RFCDBHOST: "sandbox", RFCDBSYS: "HDB", RFCSAPRL: "758", RFCMACH: "390", RFCOPSYS: "Linux" },
      ...{ RFCTZONE: "0", RFCIPADDR: "127.0.0.1", RFCKERNRL: "793", RFCHOST2: "sandbox", RFCIPV6ADDR: "::1" },
    });
  },
};

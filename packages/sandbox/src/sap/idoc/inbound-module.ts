import { char, dats, numc, tims } from "../rfc/abap-types.js";
import type { AbapStructure, FunctionModule } from "../rfc/function-module.js";
import { RfcSystemError } from "../rfc/rfc-errors.js";
import { controlFields } from "./control-record.js";
import { readFlatIdocs } from "./flat-records.js";
import { InvalidIdocError } from "./idoc-document.js";
import { receiveIdocs } from "./inbound.js";
import type { IdocParts } from "./parts.js";

const ediDc40: AbapStructure = {
  name: "EDI_DC40",
  fields: Object.entries(controlFields).map(([name, length]) => [
    name,
    name === "CREDAT" ? dats : name === "CRETIM" ? tims : char(length),
  ]),
};

const ediDd40: AbapStructure = {
  name: "EDI_DD40",
  fields: [
    ["SEGNAM", char(30)],
    ["MANDT", char(3)],
    ["DOCNUM", char(16)],
    ["SEGNUM", numc(6)],
    ["PSGNUM", numc(6)],
    ["HLEVEL", char(2)],
    ["SDATA", char(1_000)],
  ],
};

/**
 * IDOC_INBOUND_ASYNCHRONOUS: takes IDocs as records of fixed widths, as the transactional RFC port does.
 *
 * @see https://learn.microsoft.com/biztalk/adapters-and-accelerators/adapter-sap/message-schemas-for-idoc-operations
 */
export function idocInboundAsynchronous(parts: IdocParts): FunctionModule {
  return {
    name: "IDOC_INBOUND_ASYNCHRONOUS",
    parameters: [
      { name: "IDOC_CONTROL_REC_40", direction: "tables", type: ediDc40, optional: false },
      { name: "IDOC_DATA_REC_40", direction: "tables", type: ediDd40, optional: false },
    ],
    exceptions: [],
    run: (call) => {
      try {
        const messages = readFlatIdocs(call.rows("IDOC_CONTROL_REC_40"), call.rows("IDOC_DATA_REC_40"));
        receiveIdocs(messages, parts, call.session.user.name);
      } catch (error) {
        if (error instanceof InvalidIdocError) throw new RfcSystemError("SYSTEM_FAILURE", error.message);
        throw error;
      }
    },
  };
}

import { InvalidXmlError, readXml } from "../../../shared/xml/read-xml.js";
import { element } from "../../../shared/xml/write-xml.js";
import { char, string } from "../abap-types.js";
import { readParameters, writeResults } from "../call-xml.js";
import { FunctionCall, type FunctionModule } from "../function-module.js";
import { AbapException } from "../rfc-errors.js";
import { abapName, rfcNamespace, xmlName } from "../soap-envelope.js";
import { commitWork } from "./transaction-modules.js";

/**
 * A customer's own function module that calls any other and commits in the same request: the way to change data where no session
 * outlives a request. There is no such module in SAP's delivery; this interface is this project's.
 *
 * - `REQUEST`: the call as the SOAP body would hold it, `<urn:BAPI_… xmlns:urn="urn:sap-com:document:sap:rfc:functions">…`;
 * - `WAIT`: `X` waits for the update (BAPI_TRANSACTION_COMMIT);
 * - `RESPONSE`: the answer in the same form, `<urn:BAPI_….Response …>`;
 * - `COMMITTED`: `X` when it was committed; blank when RETURN, as table or structure, has an error, and then it was rolled back.
 *
 * Raises FUNCTION_NOT_FOUND and REQUEST_NOT_VALID.
 */
export function callAndCommit(name: string, modules: ReadonlyMap<string, FunctionModule>): FunctionModule {
  return {
    name,
    parameters: [
      { name: "REQUEST", direction: "importing", type: string, optional: false },
      { name: "WAIT", direction: "importing", type: char(1) },
      { name: "RESPONSE", direction: "exporting", type: string },
      { name: "COMMITTED", direction: "exporting", type: char(1) },
    ],
    exceptions: ["FUNCTION_NOT_FOUND", "REQUEST_NOT_VALID"],
    run: (call) => {
      const sent = readRequest(call.value("REQUEST"));
      const module = modules.get(abapName(sent.name));
      if (module === undefined) throw new AbapException("FUNCTION_NOT_FOUND");
      const inner = new FunctionCall(module, call.session, call.parts);
      readParameters(module, inner, sent);
      // The wrapper needs RETURN, whether its caller asked for it or not.
      if (module.parameters.some(({ name: own, direction }) => own === "RETURN" && direction === "tables")) {
        inner.tables.set("RETURN", inner.tables.get("RETURN") ?? []);
      }
      module.run(inner);
      const failed = [...inner.rows("RETURN"), inner.structures.get("RETURN")].some((row) =>
        /^[EA]$/.test(row?.TYPE ?? ""),
      );
      if (failed) call.session.pendingOrders = [];
      else commitWork(call);
      call.setValue("COMMITTED", failed ? "" : "X");
      const response = element(`urn:${xmlName(module.name)}.Response`, writeResults(module, inner), {
        "xmlns:urn": rfcNamespace,
      });
      call.setValue("RESPONSE", response);
    },
  };
}

function readRequest(text: string) {
  try {
    return readXml(text);
  } catch (error) {
    if (error instanceof InvalidXmlError) throw new AbapException("REQUEST_NOT_VALID", error.message);
    throw error;
  }
}

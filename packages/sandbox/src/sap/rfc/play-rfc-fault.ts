import {
  type BapiMessage,
  bapiret1,
  bapiret2,
  bapireturn,
  toBapiret1,
  toBapiret2,
  toBapireturn,
} from "./bapi-messages.js";
import { type FunctionCall, type FunctionModule, isStructure } from "./function-module.js";
import { AbapException, RfcSystemError, ShortDump } from "./rfc-errors.js";
import type { RfcFault } from "./rfc-faults.js";

/**
 * Plays what waits for a call of the module.
 *
 * @returns what to do when the parameters are read: it says whether RETURN was written in place of running the module.
 * @throws {ShortDump | RfcSystemError | AbapException} as the fault says.
 */
export function playRfcFault(module: FunctionModule, call: FunctionCall): () => boolean {
  const fault = call.parts.faults.take(module.name);
  if (fault === undefined) return () => false;
  switch (fault.kind) {
    case "dump":
      throw new ShortDump(fault.message ?? "Runtime error TIME_OUT has occurred");
    case "system_failure":
      throw new RfcSystemError("SYSTEM_FAILURE", fault.message ?? "Division by 0 (type I or INT8)");
    case "communication_failure":
      throw new RfcSystemError(
        "COMMUNICATION_FAILURE",
        fault.message ?? "Connection to partner 'sandbox:sapgw00' broken",
      );
    case "logon_failure":
      throw new RfcSystemError("LOGON_FAILURE", fault.message ?? "Name or password is incorrect (repeat logon)");
    case "exception":
      throw new AbapException(fault.name ?? "", fault.message ?? "");
    default:
      return () => writeReturn(module, call, toMessage(fault));
  }
}

function toMessage(fault: RfcFault): BapiMessage {
  if (fault.kind === "lock") {
    const user = fault.user ?? "MMUELLER";
    const text = fault.message ?? `The plant data of material FG-100 is locked by user ${user}`;
    return { type: "E", id: "M3", number: "024", text, variables: ["FG-100", user] };
  }
  const { type = "E", id = "BL", number = "001", message = "An error that was asked for" } = fault;
  return { type, id, number, text: message };
}

/** Only errors stand in the way of the module; a warning comes beside its messages. */
function writeReturn(module: FunctionModule, call: FunctionCall, message: BapiMessage): boolean {
  const parameter = module.parameters.find(({ name }) => name === "RETURN");
  if (parameter === undefined || !isStructure(parameter.type)) throw new AbapException("FOREIGN_LOCK", message.text);
  const failed = message.type === "E" || message.type === "A";
  if (!failed) {
    module.run(call);
  }
  const { systemId, client } = call.parts;
  if (parameter.direction === "tables") {
    call.setRows("RETURN", [...call.rows("RETURN"), toBapiret2(message, `${systemId}CLNT${client}`)]);
  } else if (parameter.type === bapireturn) call.setStructure("RETURN", toBapireturn(message));
  else if (parameter.type === bapiret1) call.setStructure("RETURN", toBapiret1(message));
  else if (parameter.type === bapiret2) call.setStructure("RETURN", toBapiret2(message, `${systemId}CLNT${client}`));
  return true;
}

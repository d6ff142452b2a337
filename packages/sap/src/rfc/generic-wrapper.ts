import { ConnectorError, readXml, VendorError } from "@isthmus/core";
import type { CommittedCall } from "./commit-outcome.js";
import type { CallResult, ModuleCaller } from "./module-caller.js";
import type { RfcParameters } from "./rfc-types.js";

/**
 * A function module of the system's own that calls any BAPI and commits in the same request. It takes the call as text, as the
 * SOAP body would hold it (`<urn:BAPI_X xmlns:urn="…">…`), and gives the answer in the same form.
 */
export interface GenericCommitWrapper {
  /** `Z_CALL_AND_COMMIT`. */
  readonly name: string;
  /** The parameter that takes the call. Default `REQUEST`. */
  readonly request?: string;
  /** The parameter that has the answer. Default `RESPONSE`. */
  readonly response?: string;
  /** The parameter that is `X` when the work was committed. Default `COMMITTED`. */
  readonly committed?: string;
  /** What it is given beside: `{ WAIT: "X" }`. */
  readonly fixed?: RfcParameters;
}

/**
 * Calls a BAPI through such a module.
 *
 * @throws {VendorError} when RETURN has an error, or when the module says that it did not commit.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when the answer in it cannot be read: what was done is not known then.
 */
export async function callThrough(
  caller: ModuleCaller,
  wrapper: GenericCommitWrapper,
  { name, parameters, options }: CommittedCall,
): Promise<CallResult> {
  const { request = "REQUEST", response = "RESPONSE", committed = "COMMITTED", fixed } = wrapper;
  const call = await caller.write(name, parameters, options.signal);
  const outer = await caller.call(wrapper.name, { ...fixed, [request]: call }, { ...options, idempotent: false });
  const text = outer.values[response];
  if (typeof text !== "string") {
    throw new ConnectorError("UNEXPECTED_RESPONSE", `${wrapper.name} answered without the text of ${response}.`);
  }
  const result = await caller.read(name, readXml(text));
  if (outer.values[committed] === "X") return result;
  throw new VendorError(`${wrapper.name} says that it did not commit the work of ${name}, and names no error.`, {
    vendor: { code: "NOT_COMMITTED", messages: result.messages },
  });
}

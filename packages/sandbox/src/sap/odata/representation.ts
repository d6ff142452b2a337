import { isJsonAccepted, type ODataCall } from "./call.js";
import { ODataFailure } from "./failure.js";

/** The content type of an answer, and whether big numbers are texts in it. */
export function jsonType({ service, headers }: ODataCall): { contentType: string; ieee754: boolean } {
  if (service.version === "2.0") return { contentType: "application/json;charset=utf-8", ieee754: true };
  const ieee754 = /IEEE754Compatible=true/i.test(headers.accept ?? "");
  const more = ieee754 ? ";IEEE754Compatible=true" : "";
  return { contentType: `application/json;odata.metadata=minimal${more};charset=utf-8`, ieee754 };
}

/**
 * A v2 Gateway writes Atom unless it is asked for JSON. The sandbox has no Atom: it says so.
 *
 * @throws {ODataFailure} 406
 */
export function assertReadable(call: ODataCall): void {
  if (call.service.version === "4.0" || isJsonAccepted(call)) return;
  throw new ODataFailure(
    406,
    "/IWFND/CM_MGW/406",
    "A Gateway answers this with Atom XML, which the sandbox does not write: ask for JSON with the header Accept: application/json or $format=json",
  );
}

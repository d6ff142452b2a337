import type { ODataMessage } from "../failure.js";
import type { ServiceModel } from "../model/service-model.js";
import { numericSeverity } from "./render-failure.js";

/**
 * The header with the messages of a request that succeeded: `sap-message` (one object, further ones in `details`) in v2,
 * `sap-messages` (an array) in v4. Characters beyond ASCII are escaped, since they are not allowed in a header.
 */
export function renderMessages(service: ServiceModel, messages: readonly ODataMessage[]): Record<string, string> {
  const [first, ...others] = messages;
  if (first === undefined) return {};
  if (service.version === "4.0") {
    const list = messages.map(({ code, message, severity, target = "" }) => ({
      code,
      message,
      target,
      numericSeverity: numericSeverity[severity],
    }));
    return { "sap-messages": toAscii(list) };
  }
  const render = ({ code, message, severity, target = "" }: ODataMessage) => ({
    code,
    message,
    severity,
    target,
    transition: false,
  });
  return { "sap-message": toAscii({ ...render(first), details: others.map(render) }) };
}

function toAscii(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

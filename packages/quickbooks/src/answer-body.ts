import { parseDecimalJson } from "./decimal-json.js";
import { readXmlFault } from "./fault-xml.js";

/**
 * What a body says: JSON, amounts as decimal strings; a fault in XML as the same fault in JSON.
 *
 * @returns `undefined` for anything else, which is an answer, too: what it means depends on the status.
 */
export function parseAnswerBody(body: Buffer): unknown {
  const text = body.toString("utf8");
  try {
    return parseDecimalJson(text);
  } catch {
    return readXmlFault(text);
  }
}

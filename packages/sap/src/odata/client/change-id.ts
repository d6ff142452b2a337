import { keyOf } from "../model-lookup.js";
import type { ODataRecord } from "./codec.js";
import type { ODataParts } from "./parts.js";

/** The key of a record as it stands between the parentheses of its address: `42`, `Order='1',Item='10'`. */
export function idOf(
  { parts, set }: { readonly parts: Pick<ODataParts, "codec" | "model">; readonly set: string },
  record: ODataRecord,
): string {
  const path = parts.codec.keyPath(set, keyOf(parts.model, set, record));
  return decodeURIComponent(path.slice(path.indexOf("(") + 1, path.lastIndexOf(")")));
}

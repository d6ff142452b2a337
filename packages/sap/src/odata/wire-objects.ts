import { isObject, type WireObject } from "../wire-values.js";
import type { ODataVersion } from "./model.js";

/**
 * What an object says beside its properties, by the names of v4: `@odata.etag`, `to_Item@odata.nextLink`. v4.01 may leave
 * `odata.` out.
 * @see https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ControlInformation
 */
export function readControlInformation(version: ODataVersion, wire: WireObject): ReadonlyMap<string, unknown> {
  if (version === "v2") return fromMetadata(wire.__metadata);
  const control = new Map<string, unknown>();
  for (const name of Object.keys(wire)) {
    const at = name.indexOf("@");
    if (at < 0) continue;
    const term = name.slice(at + 1);
    control.set(`${name.slice(0, at)}@${term.includes(".") ? term : `odata.${term}`}`, wire[name]);
  }
  return control;
}

const metadataNames: ReadonlyMap<string, string> = new Map([
  ["etag", "@odata.etag"],
  ["uri", "@odata.id"],
  ["type", "@odata.type"],
  ["media_src", "@odata.mediaReadLink"],
  ["edit_media", "@odata.mediaEditLink"],
  ["media_etag", "@odata.mediaEtag"],
  ["content_type", "@odata.mediaContentType"],
]);

/** v2 `__metadata`. */
function fromMetadata(metadata: unknown): ReadonlyMap<string, unknown> {
  const control = new Map<string, unknown>();
  if (!isObject(metadata)) return control;
  for (const [old, name] of metadataNames) {
    const value = metadata[old];
    if (typeof value === "string") control.set(name, value);
  }
  return control;
}

/** The items of a list, bare or within v2's `{ results, __next, __count }`; `undefined` for what is none. */
export function readItems(
  wire: unknown,
): { readonly items: readonly unknown[]; readonly control: ReadonlyMap<string, unknown> } | undefined {
  if (Array.isArray(wire)) return { items: wire, control: new Map() };
  if (!isObject(wire) || !Array.isArray(wire.results)) return undefined;
  const control = new Map<string, unknown>();
  if (wire.__next !== undefined) control.set("@odata.nextLink", wire.__next);
  if (wire.__count !== undefined) control.set("@odata.count", wire.__count);
  return { items: wire.results, control };
}

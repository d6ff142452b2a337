import { isObject, type WireObject } from "../wire-values.js";
import type { ODataVersion } from "./model.js";

/**
 * What an object says beside its properties, by the names of v4: `@odata.etag`, `to_Item@odata.nextLink`. v4.01 may leave
 * `odata.` out.
 * @see https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ControlInformation
 */
export function readControlInformation(version: ODataVersion, wire: WireObject): ReadonlyMap<string, unknown> {
  if (version === "v2") return fromMetadata(wire.__metadata);
  return new Map(
    Object.entries(wire)
      .filter(([name]) => name.includes("@"))
      .map(([name, value]) => {
        const at = name.indexOf("@");
        const term = name.slice(at + 1);
        return [`${name.slice(0, at)}@${term.includes(".") ? term : `odata.${term}`}`, value];
      }),
  );
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
  if (!isObject(metadata)) return new Map();
  return new Map(
    [...metadataNames].flatMap(([old, name]): [string, unknown][] =>
      typeof metadata[old] === "string" ? [[name, metadata[old]]] : [],
    ),
  );
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

import type { ODataType } from "../model.js";
import { expandedType, type Writing, writeSelect } from "./names.js";
import type { Expand } from "./query.js";

/** `$select` and `$expand` of v2: the lists of their names. */
export function writeShapeV2(
  writing: Writing,
  type: ODataType,
  select: readonly string[] | undefined,
  expands: readonly Expand[],
): readonly [select: readonly string[] | undefined, expand: readonly string[]] {
  return expandPathsV2([{ path: "", select }, ...collectExpandedV2(writing, type, expands, "")]);
}

/** A name alone stands for the navigation without options. */
export function toExpand(expand: string | Expand): Expand {
  return typeof expand === "string" ? { navigation: expand } : expand;
}

/** An expanded navigation by its whole path, with what is selected of it. The entity itself has the path `""`. */
interface ExpandedPath {
  readonly path: string;
  readonly select: readonly string[] | undefined;
}

/**
 * `$select` and `$expand` of v2, which name everything by its whole path. Once anything is selected, an expanded entity is given
 * only if it is selected too.
 * @see https://www.odata.org/documentation/odata-version-2-0/uri-conventions/ (Select System Query Option)
 */
function expandPathsV2(
  paths: readonly ExpandedPath[],
): readonly [select: readonly string[] | undefined, expand: readonly string[]] {
  const expand = [...new Set(paths.map(({ path }) => path).filter((path) => path !== ""))];
  if (paths.every(({ select }) => select === undefined)) return [undefined, expand];
  const select = paths.flatMap(({ path, select: names }) => {
    if (names) return names.map((name) => (path === "" ? name : `${path}/${name}`));
    if (path === "") return ["*"];
    // `to_Item/*` and not `to_Item` where something below it is selected: a name alone means everything below, too.
    return [expand.some((other) => other.startsWith(`${path}/`)) ? `${path}/*` : path];
  });
  return [[...new Set(select)], expand];
}

function collectExpandedV2(
  writing: Writing,
  type: ODataType,
  expands: readonly Expand[],
  prefix: string,
): readonly ExpandedPath[] {
  return expands.flatMap(({ navigation, select, expand = [], ...others }) => {
    const [first = "", ...rest] = navigation.split("/");
    const path = `${prefix}${first}`;
    const target = writing.issues.collect(path, () => expandedType(writing.model, type, first));
    if (!target) return [];
    for (const [name, value] of Object.entries(others)) {
      if (value !== undefined) writing.issues.add(path, `cannot have ${name}: OData v2 has no options within $expand`);
    }
    if (rest.length > 0) {
      const inner = { navigation: rest.join("/"), ...(select && { select }), expand };
      return [{ path, select: undefined }, ...collectExpandedV2(writing, target, [inner], `${path}/`)];
    }
    const selected = select && writeSelect(writing, target, select, path);
    return [{ path, select: selected }, ...collectExpandedV2(writing, target, expand.map(toExpand), `${path}/`)];
  });
}

import type { ChangeDiffEntry } from "../repositories/index.js";

/** What stands in place of a part of an address that may hold a secret. */
const hidden = "***";

/**
 * What differs between two sets of settings, field by field. Of addresses, the parts that may hold a secret are hidden: user,
 * password, values of the query, fragment. Host and path always show, so that nobody can hide where a connector will send to.
 */
export function diffSettings(before: object | undefined, after: object | undefined): readonly ChangeDiffEntry[] {
  const [old, young] = [flatten(before ?? {}), flatten(after ?? {})];
  return [...new Set([...old.keys(), ...young.keys()])].flatMap((path): ChangeDiffEntry[] => {
    const [oldValue, newValue] = [old.get(path), young.get(path)];
    if (JSON.stringify(oldValue) === JSON.stringify(newValue)) return [];
    return [
      {
        path,
        change: oldValue === undefined ? "added" : newValue === undefined ? "removed" : "changed",
        ...(oldValue !== undefined && { before: hideSecretParts(oldValue) }),
        ...(newValue !== undefined && { after: hideSecretParts(newValue) }),
      },
    ];
  });
}

/**
 * Which fields of a secret object a change touches. The values are never compared: a field that is given again is `changed`,
 * because "not changed" would tell whoever tries guesses that one was right.
 *
 * @param after - What is given; `undefined` = the secrets stay as they are.
 */
export function diffSecrets(path: string, before: unknown, after: unknown): readonly ChangeDiffEntry[] {
  if (after === undefined) return [];
  const [old, young] = [namesOf(before), namesOf(after)];
  return [...new Set([...old, ...young])].sort().map((name) => ({
    path: `${path}.${name}`,
    change: !old.includes(name) ? "added" : !young.includes(name) ? "removed" : "changed",
  }));
}

function flatten(value: object, prefix = ""): Map<string, unknown> {
  return new Map(
    Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
      const path = `${prefix}${name}`;
      if (inner === undefined) return [];
      const isTree = typeof inner === "object" && inner !== null && !Array.isArray(inner);
      // An empty object is something, too.
      return isTree && Object.keys(inner).length > 0 ? [...flatten(inner, `${path}.`)] : [[path, inner]];
    }),
  );
}

function hideSecretParts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideSecretParts);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hideSecretParts(inner)]));
  }
  return typeof value === "string" && value.includes("://") && URL.canParse(value) ? hideInAddress(value) : value;
}

function hideInAddress(text: string): string {
  const url = new URL(text);
  if (url.username === "" && url.password === "" && url.search === "" && url.hash === "") return text;
  const user = url.username === "" && url.password === "" ? "" : `${hidden}@`;
  const query = [...url.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=${hidden}`).join("&");
  const end = `${query && `?${query}`}${url.hash && `#${hidden}`}`;
  return `${url.protocol}//${user}${url.host}${url.pathname}${end}`;
}

function namesOf(secrets: unknown): readonly string[] {
  return typeof secrets === "object" && secrets !== null ? Object.keys(secrets) : [];
}

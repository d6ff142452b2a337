import { notFound, SalesforceError } from "./errors.js";

/** The oldest version that still answers; those before it are retired and answer 410. */
export const oldestVersion = 31;

/** The newest version: Winter '27. */
export const newestVersion = 68;

/**
 * Lets only versions through that answer.
 *
 * @throws {SalesforceError} NOT_FOUND for one that does not exist yet, GONE for a retired one.
 */
export function assertVersion(version: number): void {
  if (version > newestVersion) throw notFound();
  if (version >= oldestVersion) return;
  const message = `The requested resource is no longer available: API version ${version}.0 is retired`;
  throw new SalesforceError(410, "GONE", message);
}

/** The list at `/services/data`, one entry a version. */
export function apiVersions(): { label: string; url: string; version: string }[] {
  return Array.from({ length: newestVersion - oldestVersion + 1 }, (_unused, at) => {
    const version = oldestVersion + at;
    return { label: labelOf(version), url: `/services/data/v${version}.0`, version: `${version}.0` };
  });
}

// Three releases a year: v31 was Summer '14, v32 Winter '15, v33 Spring '15.
function labelOf(version: number): string {
  const season = ["Summer", "Winter", "Spring"][(version - 31) % 3];
  const year = 14 + Math.floor((version - 29) / 3);
  return `${season} '${String(year).padStart(2, "0")}`;
}

import { UsageError } from "./failures.js";
import type { Host } from "./host.js";
import type { ServiceSettings } from "./service-api.js";

const defaultUrl = "http://127.0.0.1:3000";
const loopback = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/;

/** A key that opens a part of the API. */
export interface KeyKind {
  /** The environment variable that holds it. */
  readonly variable: string;
  /** In the middle of a sentence. */
  readonly name: string;
}

/** What manages tenants and keys. */
export const platformKey: KeyKind = { variable: "ISTHMUS_PLATFORM_KEY", name: "the platform key" };

/** What works with a tenant's connectors. */
export const apiKey: KeyKind = { variable: "ISTHMUS_API_KEY", name: "an API key" };

/**
 * Where the service is: `--url`, else `ISTHMUS_URL`. The key comes from its variable alone: what stands on a command line is
 * seen by every process of the machine, and kept by shells.
 *
 * @throws {UsageError} which repeats neither: an address may hold a password, too.
 */
export function readSettings(
  url: string | undefined,
  { variable, name }: KeyKind,
  { environment }: Pick<Host, "environment">,
): ServiceSettings {
  const address = url ?? (environment.ISTHMUS_URL || defaultUrl);
  if (!isAddress(address)) {
    const source = url === undefined ? "ISTHMUS_URL" : "--url";
    throw new UsageError(
      `${source} has to be the http or https address of a service, at most with a path: no credentials, query or fragment. Example: ${defaultUrl}`,
    );
  }
  const key = environment[variable];
  if (!key) throw new UsageError(`Set ${variable} to ${name} of the service.`);
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new UsageError(`${variable} has characters that no header can carry, such as a space or a line break.`);
  }
  return { url: address.replace(/\/+$/, ""), key };
}

/** Whether whoever is on the way to the service can read the key. */
export function isExposed({ url }: ServiceSettings): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && !loopback.test(hostname);
}

function isAddress(text: string): boolean {
  // A bare "?", "#" or "@" leaves nothing in the parsed address.
  if (!/^https?:\/\/[^?#@\s]+$/i.test(text) || !URL.canParse(text)) return false;
  const { username, password, search, hash } = new URL(text);
  return username + password + search + hash === "";
}

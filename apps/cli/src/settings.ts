import { UsageError } from "./failures.js";
import type { Host } from "./host.js";
import type { PlatformSettings } from "./platform-api.js";

const defaultUrl = "http://127.0.0.1:3000";
const loopback = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Where the service is: `--url`, else `ISTHMUS_URL`. The key comes from `ISTHMUS_PLATFORM_KEY` alone: what stands on a command
 * line is seen by every process of the machine, and kept by shells.
 *
 * @throws {UsageError} which repeats neither: an address may hold a password, too.
 */
export function readSettings(url: string | undefined, { environment }: Pick<Host, "environment">): PlatformSettings {
  const address = url ?? (environment.ISTHMUS_URL || defaultUrl);
  if (!isAddress(address)) {
    const source = url === undefined ? "ISTHMUS_URL" : "--url";
    throw new UsageError(
      `${source} has to be the http or https address of a service, at most with a path: no credentials, query or fragment. Example: ${defaultUrl}`,
    );
  }
  const platformKey = environment.ISTHMUS_PLATFORM_KEY;
  if (!platformKey) throw new UsageError("Set ISTHMUS_PLATFORM_KEY to the platform key of the service.");
  if (!/^[\x21-\x7e]+$/.test(platformKey)) {
    throw new UsageError(
      "ISTHMUS_PLATFORM_KEY has characters that no header can carry, such as a space or a line break.",
    );
  }
  return { url: address.replace(/\/+$/, ""), platformKey };
}

/** Whether whoever is on the way to the service can read the platform key. */
export function isExposed({ url }: PlatformSettings): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && !loopback.test(hostname);
}

function isAddress(text: string): boolean {
  // A bare "?", "#" or "@" leaves nothing in the parsed address.
  if (!/^https?:\/\/[^?#@\s]+$/i.test(text) || !URL.canParse(text)) return false;
  const { username, password, search, hash } = new URL(text);
  return username + password + search + hash === "";
}

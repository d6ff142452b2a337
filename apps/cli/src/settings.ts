import { UsageError } from "./failures.js";
import type { Host } from "./host.js";
import type { PlatformSettings } from "./platform-api.js";

const defaultUrl = "http://127.0.0.1:3000";

/**
 * Where the service is: `--url`, else `ISTHMUS_URL`. The key comes from `ISTHMUS_PLATFORM_KEY` alone: what stands on a command
 * line is seen by every process of the machine, and kept by shells.
 *
 * @throws {UsageError}
 */
export function readSettings(url: string | undefined, { environment }: Pick<Host, "environment">): PlatformSettings {
  const address = url ?? (environment.ISTHMUS_URL || defaultUrl);
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw new UsageError(`"${address}" is not the http or https address of a service.`);
  }
  const platformKey = environment.ISTHMUS_PLATFORM_KEY;
  if (!platformKey) throw new UsageError("Set ISTHMUS_PLATFORM_KEY to the platform key of the service.");
  return { url: address.replace(/\/+$/, ""), platformKey };
}

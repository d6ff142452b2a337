import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

/**
 * What a second start needs to go on where the first one was: keys and credentials that were made here, readable by
 * this user only. Their key id begins with "quickstart", which a production start refuses.
 */
export function openQuickstart(root, dataDirectory) {
  const directory = resolve(root, dataDirectory ?? ".isthmus");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = (name) => join(directory, name);
  const file = path("quickstart.json");
  const stored = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const save = () => writePrivately(file, `${JSON.stringify(stored, null, 2)}\n`);

  stored.keys ??= `quickstart-1:${randomBytes(32).toString("base64")}`;
  stored.platformKey ??= randomBytes(32).toString("base64url");
  stored.sandboxes ??= {};
  save();

  return {
    directory,
    path,
    keys: stored.keys,
    platformKey: stored.platformKey,
    sandbox({ vendor, clientId = `quickstart-${vendor}`, user }) {
      stored.sandboxes[vendor] ??= {
        clientId,
        clientSecret: randomBytes(24).toString("base64url"),
        ...(user && { user, password: randomBytes(24).toString("base64url") }),
      };
      save();
      return stored.sandboxes[vendor];
    },
    get apiKey() {
      return stored.apiKey;
    },
    keepApiKey(apiKey) {
      stored.apiKey = apiKey;
      save();
    },
    writeEnvironment({ url, apiKey, platformKey, sandboxes }) {
      const lines = [`ISTHMUS_URL=${url}`, `ISTHMUS_API_KEY=${apiKey}`, `ISTHMUS_PLATFORM_KEY=${platformKey}`];
      for (const { vendor, url: sandboxUrl, clientId, clientSecret, user, password } of sandboxes) {
        const name = vendor.toUpperCase();
        lines.push(
          `${name}_URL=${sandboxUrl}`,
          // Quoted: an id may have characters that a shell reads as its own.
          `${name}_CLIENT_ID='${clientId}'`,
          `${name}_CLIENT_SECRET=${clientSecret}`,
          ...(user ? [`${name}_USER=${user}`, `${name}_PASSWORD=${password}`] : []),
        );
      }
      writePrivately(path("quickstart.env"), `${lines.join("\n")}\n`);
      return relative(process.cwd(), path("quickstart.env"));
    },
  };
}

/** Whole or not at all, and never readable by others for a moment. */
function writePrivately(file, text) {
  const temporary = `${file}.new`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, file);
}

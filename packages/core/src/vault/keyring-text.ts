import { ConnectorError } from "../errors/index.js";
import { keyLength } from "./primitives.js";

/** A key-encryption key with its name. */
export interface KeyringEntry {
  readonly id: string;
  readonly key: Uint8Array;
}

// At most 32 characters: a key of 32 bytes takes 43 and can never be taken for an id and end up in a message.
const idPattern = /^[A-Za-z0-9][\w.-]{0,31}$/;

const howTo = `Make a key with: node -p '"k1:" + crypto.randomBytes(32).toString("base64")'`;

/**
 * Parses `k2:base64,k1:base64`.
 *
 * @throws {ConnectorError} `KEY_INVALID`. Its message names keys by id, or by position where the id may be a key by mistake.
 */
export function parseKeyring(text: string): [KeyringEntry, ...KeyringEntry[]] {
  const [head = "", ...tail] = text.trim().replace(/,$/, "").split(",");
  if (head.trim() === "" && tail.length === 0) throw invalid("The keyring is empty.");
  const entries: [KeyringEntry, ...KeyringEntry[]] = [parseEntry(head, 1)];
  for (const [index, part] of tail.entries()) {
    const entry = parseEntry(part, index + 2);
    for (const known of entries) {
      if (known.id === entry.id) throw invalid(`Key id "${entry.id}" stands in the keyring twice.`);
      if (Buffer.compare(known.key, entry.key) === 0) {
        throw invalid(`Keys "${known.id}" and "${entry.id}" are the same key under two names.`);
      }
    }
    entries.push(entry);
  }
  return entries;
}

function parseEntry(text: string, position: number): KeyringEntry {
  const trimmed = text.trim();
  if (trimmed === "") throw invalid(`Entry ${position} of the keyring is empty.`);
  const colon = trimmed.indexOf(":");
  if (colon === -1) throw invalid(`Entry ${position} of the keyring has no id: write it as id:key.`);
  const id = trimmed.slice(0, colon);
  if (!idPattern.test(id)) {
    const rule = "1 to 32 letters, digits, dots, hyphens or underscores, beginning with a letter or digit";
    throw invalid(`The id of entry ${position} of the keyring is not ${rule}.`);
  }
  return { id, key: parseKey(id, trimmed.slice(colon + 1).trim()) };
}

function parseKey(id: string, text: string): Uint8Array {
  if (text === "") throw invalid(`Key "${id}" is empty.`);
  const unpadded = text
    .replace(/={1,2}$/, "")
    .replaceAll("+", "-")
    .replaceAll("/", "_");
  const key = Buffer.from(unpadded, "base64url");
  if (key.toString("base64url") !== unpadded) throw invalid(`Key "${id}" is not base64.`);
  if (key.length !== keyLength) throw invalid(`Key "${id}" has ${key.length} bytes; it must have ${keyLength}.`);
  return key;
}

function invalid(problem: string): ConnectorError {
  return new ConnectorError("KEY_INVALID", `${problem} ${howTo}`);
}

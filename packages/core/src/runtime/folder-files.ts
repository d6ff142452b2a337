import { open, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { ValidationError } from "../errors/index.js";
import { fileNamePattern, type OperatorFiles } from "./files.js";

/** Certificates, keys and schemas are far smaller. */
const maxFileBytes = 4 * 1024 * 1024;

interface KnownFile {
  readonly stamp: string;
  readonly content: Buffer;
}

/**
 * The files of one folder, not of those below it. They may be replaced while the program runs: the next read gives what is there
 * then. A link counts where it leads to a file within the folder, as those of mounted secrets do.
 *
 * @param folder - Need not exist before the first read.
 */
export function createFolderFiles(folder: string): OperatorFiles {
  const known = new Map<string, KnownFile>();
  return {
    async read(name) {
      if (!fileNamePattern.test(name)) throw unreadable("a name of that form", "is not one that a file may have here");
      const file = await openWithin(folder, name);
      try {
        const { dev, ino, mtimeMs, size } = await file.stat();
        const stamp = [dev, ino, mtimeMs, size].join(":");
        const found = known.get(name);
        if (found?.stamp === stamp) return found.content;
        if (size > maxFileBytes) throw unreadable(name, `is larger than ${maxFileBytes} bytes`);
        const content = await file.readFile();
        known.set(name, { stamp, content });
        return content;
      } catch (error) {
        throw error instanceof ValidationError ? error : unreadable(name, "cannot be read", error);
      } finally {
        await file.close();
      }
    },
  };
}

async function openWithin(folder: string, name: string) {
  try {
    const [root, path] = await Promise.all([realpath(folder), realpath(join(folder, name))]);
    if (!path.startsWith(root + sep)) throw unreadable(name, "leads out of the folder");
    return await open(path, "r");
  } catch (error) {
    throw error instanceof ValidationError ? error : unreadable(name, "is not there or cannot be opened", error);
  }
}

/** The path of the folder is the operator's business and is not told. */
function unreadable(name: string, problem: string, cause?: unknown): ValidationError {
  return new ValidationError(`The operator's file ${name} ${problem}.`, [], codeOnly(cause));
}

function codeOnly(cause: unknown) {
  if (!(cause instanceof Error) || !("code" in cause)) return undefined;
  return { cause: new Error(String(cause.code)) };
}

import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type AttemptResult, attemptResultSchema } from "./attempt-result.js";

const entrySchema = z.strictObject({ v: z.literal(1), result: attemptResultSchema });
const versionSchema = z.looseObject({ v: z.number() });

const ending = ".json";
const halfEnding = ".half";
const hourMs = 3_600_000;

/**
 * Results of token renewals that the database has not taken. A vendor says each token set once, and some are the only way to
 * a customer's grant; and a refresh token that is known to be unused must not be taken for one in doubt. A file each, sets
 * sealed, synchronised to the disk before {@link TokenJournal.write} answers: they outlive the process and a power failure.
 *
 * Any number of processes may share the folder: names are those of the attempts, and recording a result twice does no harm.
 */
export class TokenJournal {
  readonly #folder: string;
  /** What the disk did not take: for as long as this process lives. */
  readonly #inMemory = new Map<string, AttemptResult>();

  /** @param folder - For one database. Keep it on a disk that outlives the process. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Proves that results can be kept, before one has to be: makes the folder, for its owner only, and writes to it.
   *
   * @throws what the file system throws.
   */
  async prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const probe = join(this.#folder, `${randomUUID()}${halfEnding}`);
    await writeSynchronised(probe, "");
    await synchroniseFolder(this.#folder);
    await rm(probe);
    await this.#sweep();
  }

  /** Keeps a result: once this resolves, it is on the disk. @throws when the disk does not take it; memory then holds it. */
  async write(result: AttemptResult): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const path = this.#pathOf(result.attemptId);
      const half = `${path}.${randomUUID()}${halfEnding}`;
      await writeSynchronised(half, JSON.stringify({ v: 1, result }));
      await rename(half, path);
      await synchroniseFolder(this.#folder);
    } catch (error) {
      this.#inMemory.set(result.attemptId, result);
      throw error;
    }
  }

  /** Ids of the attempts that are kept. */
  async list(): Promise<readonly string[]> {
    try {
      const names = await readdir(this.#folder);
      const kept = names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
      return [...new Set([...kept, ...this.#inMemory.keys()])];
    } catch (error) {
      if (isMissing(error)) return [...this.#inMemory.keys()];
      throw error;
    }
  }

  /**
   * A result; `undefined` when there is none of this attempt, or no more.
   *
   * @throws {SyntaxError} or a `ZodError` for a file that is no result; another error for one that cannot be read here or now.
   */
  async read(attemptId: string): Promise<AttemptResult | undefined> {
    const inMemory = this.#inMemory.get(attemptId);
    if (inMemory !== undefined) return inMemory;
    try {
      const entry: unknown = JSON.parse(await readFile(this.#pathOf(attemptId), "utf8"));
      // Of a newer release that shares the folder, which will take it: no reason to lose it here.
      if (versionSchema.parse(entry).v > 1) throw new Error("The entry was written by a newer release.");
      return entrySchema.parse(entry).result;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Forgets a result, because the database has it. Doing it twice does no harm. */
  async remove(attemptId: string): Promise<void> {
    this.#inMemory.delete(attemptId);
    await rm(this.#pathOf(attemptId), { force: true });
  }

  /** Takes a result out of {@link list} that nothing can be made of, and leaves its file to whoever looks into it. */
  async setAside(attemptId: string): Promise<void> {
    this.#inMemory.delete(attemptId);
    const path = this.#pathOf(attemptId);
    await rename(path, `${path}.refused`).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  /** What a process that died has left half-written: it never was kept. */
  async #sweep(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (!name.endsWith(halfEnding)) continue;
      const path = join(this.#folder, name);
      const age = await stat(path).then(({ mtimeMs }) => Date.now() - mtimeMs);
      if (age > hourMs) await rm(path, { force: true });
    }
  }

  #pathOf(attemptId: string): string {
    return join(this.#folder, `${attemptId}${ending}`);
  }
}

async function writeSynchronised(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The name is in the folder, which is a file of its own. Windows knows no such thing, and needs none. */
async function synchroniseFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const file = await open(folder, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, "code") === "ENOENT";
}

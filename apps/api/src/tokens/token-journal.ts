import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type AttemptResult, attemptResultSchema } from "./attempt-result.js";

const entrySchema = z.strictObject({ v: z.literal(1), result: attemptResultSchema });

const ending = ".json";

/**
 * Results of token renewals that the database has not taken. A vendor says each token set once, and some are the only way to
 * a customer's grant; and a refresh token that is known to be unused must not be taken for one in doubt. A file each, sets
 * sealed, synchronised to the disk before {@link TokenJournal.write} answers: they outlive the process and a power failure.
 *
 * Any number of processes may share the folder: names are those of the attempts, and recording a result twice does no harm.
 */
export class TokenJournal {
  readonly #folder: string;

  /** @param folder - Made at the first use, for its owner only. Keep it on a disk that outlives the process. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Keeps a result: once this resolves, it is on the disk. */
  async write(result: AttemptResult): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = this.#pathOf(result.attemptId);
    const half = `${path}.${process.pid}.half`;
    await writeSynchronised(half, JSON.stringify({ v: 1, result }));
    await rename(half, path);
    await synchroniseFolder(this.#folder);
  }

  /** Ids of the attempts that are kept. */
  async list(): Promise<readonly string[]> {
    try {
      const names = await readdir(this.#folder);
      return names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /**
   * A result; `undefined` when somebody has removed it meanwhile.
   *
   * @throws when it is not one that this release reads.
   */
  async read(attemptId: string): Promise<AttemptResult | undefined> {
    try {
      return entrySchema.parse(JSON.parse(await readFile(this.#pathOf(attemptId), "utf8"))).result;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Forgets a result, because the database has it. Doing it twice does no harm. */
  async remove(attemptId: string): Promise<void> {
    await rm(this.#pathOf(attemptId), { force: true });
  }

  /** Takes a result out of {@link list} that nothing can be made of, and leaves its file to whoever looks into it. */
  async setAside(attemptId: string): Promise<void> {
    const path = this.#pathOf(attemptId);
    await rename(path, `${path}.refused`);
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

import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** The format of the files; a file of another version is refused. */
const formatVersion = 1;

/**
 * Keeps a piece of plain data in a JSON file, readable by its owner only (it may hold tokens).
 *
 * Writing replaces the file as a whole, so a process killed in the middle leaves the earlier state behind.
 */
export class StateFile<State> {
  readonly #path: string;
  readonly #take: () => State;
  readonly #delayMs: number;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param take - Gives what to write.
   * @param onFailure - Told when a delayed write fails; the next change tries again.
   * @param delayMs - How long `markChanged` gathers further changes before it writes. Default 500.
   */
  constructor(path: string, take: () => State, onFailure: (error: unknown) => void, delayMs = 500) {
    this.#path = path;
    this.#take = take;
    this.#onFailure = onFailure;
    this.#delayMs = delayMs;
  }

  /** What an earlier run left, or `undefined` at the first start. @throws {Error} when the file cannot be understood. */
  read(): unknown {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
    const parsed = parseObject(text);
    if (parsed?.version === formatVersion) return parsed.state;
    throw new Error(`${this.#path} was not written by this version of the sandbox. Delete it to start with new data.`);
  }

  /** Writes soon. */
  markChanged(): void {
    this.#timer ??= setTimeout(() => this.#writeLater(), this.#delayMs);
  }

  #writeLater(): void {
    try {
      this.writeNow();
    } catch (error) {
      this.#onFailure(error);
    }
  }

  /** Writes at once, if anything was marked as changed. */
  flush(): void {
    if (this.#timer !== undefined) this.writeNow();
  }

  /** Writes at once. */
  writeNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const temporary = `${this.#path}.${process.pid}.tmp`;
    try {
      writeFileSync(temporary, JSON.stringify({ version: formatVersion, state: this.#take() }), { mode: 0o600 });
      renameSync(temporary, this.#path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }
}

function parseObject(text: string): { version?: unknown; state?: unknown } | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? parsed : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

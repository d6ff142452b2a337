import { spawn } from "node:child_process";
import { once } from "node:events";

/** A bash that is fed block after block, as a reader pastes them into one terminal. */
export class Terminal {
  readonly #shell;
  readonly #ended: Promise<unknown>;
  #output = "";
  #marker = 0;

  constructor(folder: string) {
    this.#shell = spawn("bash", ["-eu"], {
      cwd: folder,
      env: { PATH: process.env.PATH },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#ended = once(this.#shell, "exit");
    this.#shell.stdout.on("data", (chunk) => {
      this.#output += chunk;
    });
    this.#shell.stderr.on("data", (chunk) => {
      this.#output += chunk;
    });
  }

  /** Runs a block and answers what it printed. @throws when a command of it fails. */
  async paste(block: string): Promise<string> {
    const marker = `--- block ${++this.#marker} ends ---`;
    const before = this.#output.length;
    this.#shell.stdin.write(`${block}\necho '${marker}'\n`);
    while (!this.#output.includes(marker)) {
      if (this.#shell.exitCode !== null) throw new Error(`The shell ended:\n${this.#output.slice(before)}`);
      await Promise.race([once(this.#shell.stdout, "data"), this.#ended]);
    }
    return this.#output.slice(before, this.#output.indexOf(marker));
  }

  /** Ends the shell. */
  close(): void {
    this.#shell.stdin.end();
  }
}

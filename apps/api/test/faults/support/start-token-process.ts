import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Command, FaultPoint, Order, ProcessTask, Reply } from "./token-process-messages.js";

const sources = new URL("../../../../../vitest.sources.mjs", import.meta.url).href;
const program = fileURLToPath(new URL("token-process.ts", import.meta.url));

/** A process with the service's tokens: see `token-process.ts`. */
export class TokenProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Map<string, PromiseWithResolvers<readonly string[]>>();
  #count = 0;

  /** Starts it from its sources; {@link ready} resolves when it can be told something. */
  constructor(task: ProcessTask) {
    // Liftoff: nobody here runs WebAssembly long enough to be worth optimising.
    const nodeOptions = ["--no-warnings", "--liftoff-only", "--import", sources];
    this.child = spawn(process.execPath, [...nodeOptions, program, JSON.stringify(task)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.child.on("message", (reply: Reply) => this.#hear(reply));
    this.#ended = once(this.child, "close").then(() => {
      for (const each of this.#waiting.values()) each.reject(new Error("The process has ended."));
    });
  }

  /** Starts one, and waits until it can be told something. */
  static async start(task: ProcessTask): Promise<TokenProcess> {
    const started = new TokenProcess(task);
    await started.#answer("ready").promise;
    return started;
  }

  /** Tells it to do something. @returns its answer. @throws when it ends before. */
  tell(order: Order): Promise<readonly string[]> {
    const id = ++this.#count;
    const answer = this.#answer(String(id)).promise;
    // Whoever kills the process does not look at it.
    answer.catch((error: unknown) => error);
    const command: Command = { id, order };
    this.child.send(command);
    return answer;
  }

  /** Resolves when it has come to the point at which it blocks. */
  async reaches(point: FaultPoint): Promise<void> {
    await this.#answer(point).promise;
  }

  /** `kill -9`, and the end of it. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  #answer(name: string): PromiseWithResolvers<readonly string[]> {
    const answer = this.#waiting.get(name) ?? Promise.withResolvers<readonly string[]>();
    this.#waiting.set(name, answer);
    return answer;
  }

  #hear(reply: Reply): void {
    if ("ready" in reply) this.#answer("ready").resolve([]);
    else if ("at" in reply) this.#answer(reply.at).resolve([]);
    else if ("failed" in reply) this.#answer(String(reply.id)).reject(new Error(reply.failed));
    else this.#answer(String(reply.id)).resolve(reply.results);
  }
}

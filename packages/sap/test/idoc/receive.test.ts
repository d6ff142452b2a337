import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Idoc } from "../../src/idoc/idoc.js";
import type { InboxEntry, InboxStore } from "../../src/idoc/receive/inbox-store.js";
import { receiveIdocs } from "../../src/idoc/receive/receive-idocs.js";
import { FileInbox } from "./file-inbox.js";
import { fixture } from "./support.js";

const headers = { "x-api-key": "t0ken" };
const secrets = ["t0ken"];
const id = "S4HCLNT100/100/0000000000730001";
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "idocs-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("receiveIdocs", () => {
  it("hands each IDoc of a document to the handler once, however often it is delivered", async () => {
    const handled: string[] = [];
    const receiver = receiveIdocs({
      store: new FileInbox(join(folder, "inbox")),
      secrets,
      handler: async ({ control }, name) => {
        handled.push(`${control.MESTYP} ${name}`);
      },
    });
    const deliveries = [fixture("MATMAS05.xml"), fixture("ORDERS05.xml"), fixture("MATMAS05.xml")];
    const answers = await Promise.all(deliveries.map((document) => receiver.receive(document, headers)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await receiver.handlePending()).toBe(0);
    expect(handled.toSorted()).toEqual([
      "MATMAS S4HCLNT100/100/0000000000009022",
      "MATMAS S4HCLNT100/100/0000000000009023",
      `ORDERS ${id}`,
    ]);
  });

  it("has stored an IDoc before it answers, and answers before the handler is done", async () => {
    const gate = Promise.withResolvers<void>();
    const store = new FileInbox(join(folder, "inbox"));
    const receiver = receiveIdocs({ store, secrets, handler: () => gate.promise });
    await receiver.receive(fixture("ORDERS05.xml"), headers);
    expect([...new FileInbox(join(folder, "inbox")).pending()].map((entry) => entry.id)).toEqual([id]);
    gate.resolve();
    await receiver.handlePending();
    expect([...store.pending()]).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])("hands over what came in as it was about to end, by %i steps", async (steps) => {
    const handled: string[] = [];
    const entries = new Map<string, InboxEntry>();
    const stored = Promise.withResolvers<boolean>();
    const receiver = receiveIdocs({
      secrets,
      handler: async (_idoc, name) => {
        handled.push(name);
        entries.delete(name);
      },
      store: {
        putIfAbsent: (entry) => {
          entries.set(entry.id, entry);
          return stored.promise;
        },
        markHandled: async () => undefined,
        // Found empty, and only then the other delivery goes on.
        pending: async function* () {
          const found = [...entries.values()];
          if (found.length > 0 && handled.length === 0 && !isOpen) return;
          yield* found;
        },
      },
    });
    let isOpen = false;
    const delivery = receiver.receive(fixture("ORDERS05.xml"), headers);
    const round = receiver.handlePending();
    for (let step = 0; step < steps; step += 1) await undefined;
    isOpen = true;
    stored.resolve(true);
    await Promise.all([delivery, round]);
    for (let step = 0; step < 50; step += 1) await undefined;
    expect(handled).toEqual([id]);
  });

  it("hands over what came in while it was at work, although the store had listed what was pending before", async () => {
    const inbox = new FileInbox(join(folder, "inbox"));
    const store: InboxStore = {
      putIfAbsent: (entry) => inbox.putIfAbsent(entry),
      markHandled: (name) => inbox.markHandled(name),
      pending: () => [...inbox.pending()],
    };
    const [gate, started] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const handled: string[] = [];
    const handler = async (_idoc: Idoc, name: string) => {
      started.resolve();
      await gate.promise;
      handled.push(name);
    };
    const receiver = receiveIdocs({ store, secrets, handler });
    await receiver.receive(fixture("ORDERS05.xml"), headers);
    await started.promise;
    await receiver.receive(fixture("DEBMAS07.xml"), headers);
    const round = receiver.handlePending();
    gate.resolve();
    await round;
    expect(handled).toEqual([id, "S4HCLNT100/100/0000000000810077"]);
  });

  it("keeps an IDoc that the handler failed at, goes on with the others, and tries it again", async () => {
    const failing = new Set(["0000000000009022"]);
    const handled: string[] = [];
    const receiver = receiveIdocs({
      store: new FileInbox(join(folder, "inbox")),
      secrets,
      handler: async ({ control: { DOCNUM = "" } }) => {
        if (failing.has(DOCNUM)) throw new Error("Locked.");
        handled.push(DOCNUM);
      },
    });
    await receiver.receive(fixture("MATMAS05.xml"), headers);
    expect(await receiver.handlePending()).toBe(1);
    expect(handled).toEqual(["0000000000009023"]);
    failing.clear();
    expect(await receiver.handlePending()).toBe(0);
    expect(handled).toEqual(["0000000000009023", "0000000000009022"]);
  });

  it("stores nothing of a delivery without credentials, or that is no IDoc", async () => {
    const store = new FileInbox(join(folder, "inbox"));
    const receiver = receiveIdocs({ store, secrets, handler: async () => undefined });
    const code = (work: Promise<unknown>) => expect(work).rejects;
    await code(receiver.receive(fixture("ORDERS05.xml"), {})).toMatchObject({ code: "AUTHENTICATION_FAILED" });
    await code(receiver.receive(Buffer.from("<a/>"), headers)).toMatchObject({ code: "UNEXPECTED_RESPONSE" });
    expect(readFileSync(join(folder, "inbox"), "utf8")).toBe("");
  });

  it("does not answer 200 when the store fails", async () => {
    const store = new FileInbox(join(folder, "inbox"));
    store.putIfAbsent = async () => {
      throw new Error("Disk full.");
    };
    const receiver = receiveIdocs({ store, secrets, handler: async () => undefined });
    await expect(receiver.receive(fixture("ORDERS05.xml"), headers)).rejects.toThrow("Disk full.");
  });
});

describe("a program that is killed", () => {
  it("loses no IDoc that it answered 200 to, does it again only when it died before the mark, and never after it", async () => {
    {
      await using first = new Program("before the work");
      expect(await first.deliver()).toBe(200);
      await first.reaches("before the work");
    }
    expect(work()).toEqual([]);
    {
      await using second = new Program("after the work");
      await second.reaches("after the work");
    }
    expect(work()).toEqual([id]);
    // The boundary that the docs name: the work was done, and nobody had noted it.
    await using third = new Program();
    expect(await third.deliver()).toBe(200);
    expect(work()).toEqual([id, id]);
  });
});

/** Ids in the order in which the handler did their work. */
function work(): readonly string[] {
  const path = join(folder, "work");
  return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
}

/** `receive-child.ts` in a process of its own. Disposing of it is `kill -9`. */
class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor(stopAt?: string) {
    const sources = new URL("../../../../vitest.sources.mjs", import.meta.url).href;
    const program = fileURLToPath(new URL("receive-child.ts", import.meta.url));
    const task = JSON.stringify({ folder, stopAt });
    this.#child = spawn(process.execPath, ["--no-warnings", "--liftoff-only", "--import", sources, program, task], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#ended = once(this.#child, "close");
    const { stdout } = this.#child;
    if (!stdout) throw new Error("The program has no output.");
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** Waits until it listens, and delivers an order. @returns the status of its answer. */
  async deliver(): Promise<number> {
    const url = `http://127.0.0.1:${await this.#line("listens ")}/`;
    const response = await fetch(url, { method: "POST", headers, body: new Uint8Array(fixture("ORDERS05.xml")) });
    await response.text();
    return response.status;
  }

  async reaches(point: string): Promise<void> {
    await this.#line(`at ${point}`);
  }

  async #line(beginning: string): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done || !value.startsWith(beginning)) throw new Error(`It said ${value} instead of ${beginning}.`);
    return value.slice(beginning.length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

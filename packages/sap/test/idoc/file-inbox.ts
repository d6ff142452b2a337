import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import type { InboxEntry, InboxStore } from "../../src/idoc/receive/inbox-store.js";

type Line = { readonly put: InboxEntry } | { readonly handled: string };

/** An inbox in one file, a line for each thing that happened, synced before it is believed. For one process at a time. */
export class FileInbox implements InboxStore {
  readonly #path: string;
  readonly #entries = new Map<string, { readonly entry: InboxEntry; handled: boolean }>();

  constructor(path: string) {
    this.#path = path;
    if (!existsSync(path)) appendFileSync(path, "");
    // A line that a crash cut is none: nobody was told that it is stored.
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
    for (const line of lines) this.#apply(JSON.parse(line));
  }

  async putIfAbsent(entry: InboxEntry): Promise<boolean> {
    if (this.#entries.has(entry.id)) return false;
    this.#apply({ put: entry });
    await this.#write({ put: entry });
    return true;
  }

  async markHandled(id: string): Promise<void> {
    if (this.#entries.get(id)?.handled) return;
    this.#apply({ handled: id });
    await this.#write({ handled: id });
  }

  *pending(): Iterable<InboxEntry> {
    for (const { entry, handled } of this.#entries.values()) if (!handled) yield entry;
  }

  #apply(line: Line): void {
    if ("put" in line) this.#entries.set(line.put.id, { entry: line.put, handled: false });
    else {
      const known = this.#entries.get(line.handled);
      if (known) known.handled = true;
    }
  }

  async #write(line: Line): Promise<void> {
    const file = await open(this.#path, "a");
    try {
      await file.appendFile(`${JSON.stringify(line)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

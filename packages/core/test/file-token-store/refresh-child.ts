// A process that asks for an access token over a folder, says what happens line by line, and blocks at one point of its
// choice for ever, so that it can be killed exactly there.
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import type { TokenStore } from "@isthmus/core";
import { openManager } from "./managers.js";
import { openStore } from "./stores.js";

const { folder, keys, origin, stopAt } = JSON.parse(process.argv[2] ?? "{}");

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function pass(point: string): Promise<void> {
  if (point !== stopAt) return;
  say(`at ${point}`);
  await new Promise(() => setInterval(() => undefined, 60_000));
}

// The points inside of a write. The first is that of the intent, the second that of the tokens.
const { open, rename } = files;
const writes = ["begin", "commit"];
let writing: string | undefined;
Object.assign(files, {
  async open(path: string, flags: string, mode?: number) {
    const file = await open(path, flags, mode);
    const sync = file.sync.bind(file);
    file.sync = async () => {
      await sync();
      say(flags === "w" ? "synced the file" : "synced the folder");
    };
    if (flags !== "w") return file;
    writing = writes.shift();
    const write = file.writeFile.bind(file);
    file.writeFile = async (text: string) => {
      const half = Math.floor(text.length / 2);
      await write(text.slice(0, half));
      await pass(`${writing}: half written`);
      await write(text.slice(half));
    };
    return file;
  },
  async rename(from: string, to: string) {
    await pass(`${writing}: before the new name`);
    await rename(from, to);
    say("renamed");
    await pass(`${writing}: after the new name`);
  },
});
syncBuiltinESMExports();

const inner = openStore(folder, keys);
const store: TokenStore = {
  load: () => inner.load(),
  clear: () => inner.clear(),
  abandon: (attemptId, request) => inner.abandon(attemptId, request),
  async begin(request) {
    const result = await inner.begin(request);
    say(`begin ${result.outcome}`);
    await pass("before the call");
    return result;
  },
  async commit(attemptId, request) {
    await pass("answered, before the commit");
    const result = await inner.commit(attemptId, request);
    await pass("after the commit");
    return result;
  },
};

const { manager, close } = openManager(store, origin);
say(`token ${(await manager.accessToken()).value}`);
await manager.close();
await close();

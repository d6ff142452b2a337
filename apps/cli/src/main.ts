#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { z } from "zod";
import type { TextFile } from "./host.js";
import { runCommand } from "./run-command.js";

/** The first Ctrl-C ends the waiting in an orderly way, a second one the process. */
function whenInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  return interrupted.signal;
}

/** Whoever reads the output, such as `head`, may have enough: the end that a shell gives to SIGPIPE, without a word. */
for (const output of [process.stdout, process.stderr]) {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(141);
  });
}

async function openLines(path: string): Promise<TextFile> {
  const file = await open(path);
  return { sizeBytes: (await file.stat()).size, lines: file.readLines() };
}

const { version } = z
  .looseObject({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")));

process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  version,
  isTerminal: process.stdout.isTTY === true,
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  whenInterrupted,
  openLines,
});

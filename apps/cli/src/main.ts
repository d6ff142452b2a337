#!/usr/bin/env node
import { runCommand } from "./run-command.js";

/** The first Ctrl-C ends the waiting in an orderly way, a second one the process. */
function whenInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  return interrupted.signal;
}

process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  isTerminal: process.stdout.isTTY === true,
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  whenInterrupted,
});

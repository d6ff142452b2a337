import { CommanderError } from "commander";
import { CommandFailure, UsageError } from "./failures.js";
import type { Host } from "./host.js";
import { createProgram } from "./program.js";

/**
 * Runs one command.
 *
 * @param argv - Without node and the script.
 * @returns The exit code: 0, 1 when the service refused or something failed, 2 for a command that is called in a wrong way.
 */
export async function runCommand(argv: readonly string[], host: Host): Promise<number> {
  let exitCode = 0;
  const program = createProgram(host, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said so itself
    const { json } = program.opts<{ readonly json?: boolean }>();
    if (error instanceof UsageError) {
      host.writeError(json ? `${JSON.stringify({ code: "USAGE", detail: error.message })}\n` : `${error.message}\n`);
      return 2;
    }
    if (!(error instanceof CommandFailure)) throw error;
    const { code, message: detail, retryable } = error;
    host.writeError(json ? `${JSON.stringify({ code, detail, retryable })}\n` : `${code}: ${detail}\n`);
    return 1;
  }
}

import { AuditChainVerifier } from "@isthmus/core";
import type { CommandContext } from "../context.js";
import { drawBar } from "../draw-bar.js";
import { CommandFailure } from "../failures.js";
import { parseJson } from "../parse-json.js";
import { clearBar } from "../watch.js";
import { type EndLine, endLineSchema, eventLineSchema } from "./answers.js";
import { printReport } from "./describe-report.js";
import { parseHead } from "./verify-audit.js";

/** What an exported file is held against. */
export interface FileExpectations {
  readonly expectHead?: string;
  /** Ed25519, 32 bytes in base64url: the head's, or one that has handed over to it. Default: what stands in the file. */
  readonly publicKey?: string;
}

const barWidth = 30;
const linesBetweenDrawings = 2_000;

/** Verifies an exported file without the service, and prints what was found. */
export async function verifyFile(
  context: CommandContext<unknown>,
  path: string,
  { expectHead, publicKey }: FileExpectations,
): Promise<void> {
  const expectedHead = expectHead === undefined ? undefined : parseHead(expectHead);
  const verifier = new AuditChainVerifier({ head: expectedHead, publicKey });
  const end = await readExport(context, path, verifier);
  const { head, publicKeys, ...verdict } = verifier.end(end.head ?? undefined);
  const report = {
    ...verdict,
    publicKeys: [...publicKeys],
    break: verdict.break && { ...verdict.break },
    lastEvent: { ...head },
    head: end.head && { ...end.head },
    keyHeld: publicKey !== undefined,
    unsealed: { events: end.unsealed },
  };
  printReport(context, report);
}

/** @throws {CommandFailure} when the file is no whole export. */
async function readExport(
  context: CommandContext<unknown>,
  path: string,
  verifier: AuditChainVerifier,
): Promise<EndLine> {
  const { host, json } = context;
  const { sizeBytes, lines } = await host.openLines(path).catch((cause: unknown) => {
    throw new CommandFailure("FILE_UNREADABLE", "The file cannot be read.", { cause });
  });
  let end: EndLine | undefined;
  let [number, readBytes] = [0, 0];
  for await (const line of lines) {
    number += 1;
    readBytes += Buffer.byteLength(line) + 1;
    if (host.isTerminal && !json && number % linesBetweenDrawings === 0) {
      host.write(`\r\u001b[K${drawBar(readBytes, sizeBytes, barWidth)} ${number} events`);
    }
    const value = parseJson(line);
    const event = eventLineSchema.safeParse(value);
    const last = endLineSchema.safeParse(value);
    if (end !== undefined || !(event.success || last.success)) {
      throw new CommandFailure("FILE_UNREADABLE", `Line ${number} is no line of a whole export.`);
    }
    if (event.success) verifier.add(event.data);
    else end = last.data;
  }
  clearBar(context);
  if (end === undefined) {
    throw new CommandFailure("EXPORT_INCOMPLETE", "The file has no last line with the head: the export broke off.");
  }
  if (end.filtered) {
    throw new CommandFailure("EXPORT_FILTERED", "A filter left events out of the file: export it without one.");
  }
  return end;
}

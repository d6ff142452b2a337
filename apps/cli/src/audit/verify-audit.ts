import type { AuditHead } from "@isthmus/core";
import type { AuditContext } from "../context.js";
import { drawBar } from "../draw-bar.js";
import { CommandFailure, UsageError } from "../failures.js";
import { clearBar } from "../watch.js";
import type { AuditReport } from "./answers.js";
import { printReport } from "./describe-report.js";

const barWidth = 30;

/** Lets the service verify the audit that its key is for, and prints what it found. */
export async function verifyAudit(context: AuditContext, expectHead: string | undefined): Promise<void> {
  const { api, host, json } = context;
  if (expectHead !== undefined) parseHead(expectHead);
  let report: AuditReport | undefined;
  for await (const step of api.verifyAudit(expectHead)) {
    report = step.report;
    if (step.progress && host.isTerminal && !json) {
      const { checked, total } = step.progress;
      host.write(`\r\u001b[K${drawBar(checked, total, barWidth)} ${checked} of ${total} events`);
    }
  }
  clearBar(context);
  if (report === undefined) {
    throw new CommandFailure("UNEXPECTED_RESPONSE", "The verification broke off before its end.", { retryable: true });
  }
  printReport(context, report);
}

/**
 * A head as it is printed: `<number>:<hash>`.
 *
 * @throws {UsageError}
 */
export function parseHead(text: string): AuditHead {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined) {
    throw new UsageError("--expect-head has to be a head as an earlier verification printed it: <number>:<hash>.");
  }
  return { seq: Number(seq), hash };
}

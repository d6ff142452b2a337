import type { CommandContext } from "../context.js";
import { tell } from "../notices.js";
import type { AuditReport } from "./answers.js";

/** Prints what a verification found. A broken chain ends with exit code 1. */
export function printReport(context: CommandContext<unknown>, report: AuditReport): void {
  const { host, json } = context;
  host.write(json ? `${JSON.stringify(report)}\n` : describeReport(report));
  if (!report.ok) context.exitWith(1);
  if (report.head !== null && !report.keyHeld) {
    tell(
      context,
      "The signature was held against the public key beside it alone: compare that with one that you keep.",
    );
  }
  if (report.unsealed.events > 0) tell(context, `${report.unsealed.events} events are not sealed yet.`);
}

/** In words: whether the chain is whole, else its first broken link, and the head to keep. */
export function describeReport({ ok, events, break: broken, lastEvent, head, publicKeys }: AuditReport): string {
  const verdict = ok
    ? `The audit is whole: ${events} events.`
    : `The audit is BROKEN at event ${broken?.seq}${broken?.eventId ? ` (${broken.eventId})` : ""}.\n${broken?.kind}: ${broken?.detail}`;
  // What follows a broken link proves nothing, and is nothing to keep.
  const end = ok ? [`head        ${lastEvent.seq}:${lastEvent.hash}`] : [];
  const key = ok && head ? [`signed      ${head.signedAt}`, `public key  ${head.publicKey}`] : [];
  const former = ok
    ? publicKeys
        .slice(0, -1)
        .map((each) => `before it   ${each}`)
        .reverse()
    : [];
  return `${[verdict, ...end, ...key, ...former].join("\n")}\n`;
}

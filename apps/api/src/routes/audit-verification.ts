import type { FastifyReply, FastifyRequest } from "fastify";
import type { AuditReportView } from "../actions/verify-audit.js";
import type { AuditProgress } from "../audit/verify-audit.js";
import { sendNdjson, wantsNdjson } from "./ndjson.js";

/** Answers with what a verification finds, and, to who takes NDJSON, with how far it is. */
export async function answerVerification(
  request: FastifyRequest,
  reply: FastifyReply,
  steps: AsyncGenerator<AuditProgress, AuditReportView>,
  signal: AbortSignal,
): Promise<AuditReportView | undefined> {
  if (wantsNdjson(request)) {
    await sendNdjson(request, reply, toLines(steps), signal);
    return undefined;
  }
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    signal.throwIfAborted();
  }
}

async function* toLines(steps: AsyncGenerator<AuditProgress, AuditReportView>): AsyncGenerator<object, void> {
  for (;;) {
    const step = await steps.next();
    yield step.done ? { report: step.value } : { progress: step.value };
    if (step.done) return;
  }
}

import type { DeadLetter, Delivery, Sink, Webhook } from "./answers.js";

/** One line: which webhook, and how much did not arrive. */
export function describeWebhook({ id, url, active, health }: Webhook): string {
  const { pending, dead, failingSince } = health;
  const remark = !active ? ", switched off" : failingSince === null ? "" : `, fails since ${failingSince}`;
  return `${id} ${url}: ${pending} pending, ${dead} dead${remark}`;
}

/** One line: which delivery, of what, and why it did not arrive. */
export function describeDelivery({ id, type, attempts, happenedAt, lastAttempt }: Delivery): string {
  const status = lastAttempt?.answerStatus ?? null;
  const reason = status === null ? (lastAttempt?.failureCode ?? "never tried") : `answered ${status}`;
  return `${id} ${type} of ${happenedAt}: ${describeTries(attempts)}, ${reason}`;
}

/** One line: which sink, and how much it has not taken. */
export function describeSink({ name, active, pending, oldestAt, dead }: Sink): string {
  const since = oldestAt === null ? "" : ` since ${oldestAt}`;
  return `${name}: ${pending} pending${since}, ${dead} dead${active ? "" : ", not in ISTHMUS_SINKS"}`;
}

/** One line: which event, whose, and why the sink did not take it. */
export function describeDeadLetter({ eventId, tenantId, type, attempts, failureCode, happenedAt }: DeadLetter): string {
  const reason = failureCode ?? "no reason given";
  return `${eventId} ${type} of ${happenedAt}, tenant ${tenantId}: ${describeTries(attempts)}, ${reason}`;
}

function describeTries(attempts: number): string {
  return attempts === 1 ? "1 try" : `${attempts} tries`;
}

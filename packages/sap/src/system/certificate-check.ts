import type { ClientIdentity, ConnectionCheck, Logger } from "@isthmus/core";

const dayMs = 86_400_000;

/** How long before its end a certificate is warned of. */
const warnBeforeMs = 30 * dayMs;

/** The client certificate as a line of a connection test; warns of one that ends soon. */
export function checkCertificate(identity: ClientIdentity, nowMs: number, logger: Logger): ConnectionCheck {
  const leftMs = identity.validToMs - nowMs;
  const until = new Date(identity.validToMs).toISOString();
  const detail = `The client certificate (${identity.subject}) is valid until ${until}.`;
  if (leftMs > warnBeforeMs) return { name: "certificate", ok: true, detail };
  const days = Math.max(0, Math.floor(leftMs / dayMs));
  logger.warn({ validTo: until, daysLeft: days }, "A client certificate for SAP ends soon");
  return { name: "certificate", ok: true, detail: `${detail} That is in ${days} days: put a new one in its place.` };
}

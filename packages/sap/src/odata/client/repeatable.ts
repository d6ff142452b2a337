import { createHash } from "node:crypto";
import { ValidationError, type VendorMessage } from "@isthmus/core";
import { headerOf, type ODataAnswer } from "./answer.js";
import type { ODataParts } from "./parts.js";

/** How a create can be sent again without a second effect. */
export interface OnceOptions {
  /**
   * The caller's own key for this write. Where repeatable requests are configured, sending again with the same key gives the
   * first result; elsewhere it is refused, because it could not be kept.
   */
  readonly idempotencyKey?: string;
  /** Epoch milliseconds at which it was first sent: to be given when it is sent again after a crash. Default: now. */
  readonly firstSentAtMs?: number;
}

/** What a write that is not idempotent by itself gets. */
export interface Repeatability {
  readonly headers: Readonly<Record<string, string>>;
  readonly idempotent: boolean;
}

/**
 * The headers by which the Gateway knows a repeated request, in the form that its own help names: a GUID of 32 characters, and when
 * it was first made.
 *
 * @throws {ValidationError} for a key where repeatable requests are not configured.
 * @see https://help.sap.com/doc/saphelp_gateway20sp12/2.0/en-US/67/8b5dcd6a5c41789b27b46eb34a6a86/content.htm
 */
export function repeatability(
  { repeatableRequests = false, clock, random }: Pick<ODataParts, "repeatableRequests" | "clock" | "random">,
  { idempotencyKey, firstSentAtMs = clock.now() }: OnceOptions,
): Repeatability {
  if (!repeatableRequests) {
    if (idempotencyKey === undefined) return { headers: {}, idempotent: false };
    throw new ValidationError("This service does not know a repeated request, so an idempotency key cannot be kept.", [
      {
        path: "idempotencyKey",
        message: "Only where repeatable requests are configured. Else look up by what was sent.",
      },
    ]);
  }
  const guid = idempotencyKey === undefined ? random.uuid().replaceAll("-", "") : guidOf(idempotencyKey);
  const createdAt = new Date(firstSentAtMs).toISOString().slice(0, 19);
  return {
    headers: { requestid: guid.toUpperCase(), repeatabilitycreation: createdAt },
    idempotent: true,
  };
}

/** A warning where the service did not confirm that it would know the request again. */
export function readRepeatability(answer: ODataAnswer, { idempotent }: Repeatability): readonly VendorMessage[] {
  if (!idempotent || headerOf(answer, "repeatabilityresult")?.toLowerCase() === "accepted") return [];
  const message = "The service did not confirm that it knows repeated requests. Check its idempotency framework.";
  return [{ severity: "warning", message }];
}

function guidOf(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 32);
}

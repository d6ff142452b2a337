import type { ChainedAuditEvent } from "./event-hash.js";
import { handoverAction, readHandover } from "./handover.js";
import type { AuditBreak } from "./verdict.js";

/** The action of the event that says of a chain that nothing proves what stands before it: the key that signed that is lost. */
export const unprovenAction = "audit.end_unproven";

/** The keys that a chain was signed with, as its hand-overs tell, event after event. */
export class KeyPath {
  /** Each has vouched for the next one. Empty before the first hand-over, also of those after a key was lost. */
  #keys: string[] = [];

  /** Takes the next event. @returns what is wrong with it, where it hands over and may not. */
  follow({ id, action, tenantId, details, chain }: ChainedAuditEvent): AuditBreak | undefined {
    if (action === unprovenAction) this.#keys = [];
    if (action !== handoverAction) return undefined;
    const handover = readHandover(tenantId, details);
    const present = this.#keys.at(-1) ?? handover?.fromPublicKey;
    const isInPlace = handover?.seq === chain.seq - 1 && handover.hash === chain.previousHash;
    if (handover === undefined || !isInPlace || handover.fromPublicKey !== present) {
      const detail = `Event ${chain.seq} names another signing key, for which the one before has not vouched.`;
      return { kind: "HANDOVER_FORGED", seq: chain.seq, eventId: id, detail };
    }
    this.#keys = this.#keys.length === 0 ? [present, handover.toPublicKey] : [...this.#keys, handover.toPublicKey];
    return undefined;
  }

  /** The keys that lead to that of the head, the oldest first; its own is the last one. */
  leadingTo(headKey: string): readonly string[] {
    return this.#keys.at(-1) === headKey ? this.#keys : [headKey];
  }

  /**
   * Says what is wrong with the way to the key of the head.
   *
   * @param seq - The last event.
   * @param expected - A public key that was kept outside.
   */
  checkEnd(seq: number, headKey: string, expected: string | undefined): AuditBreak | undefined {
    const fail = (detail: string): AuditBreak => ({ kind: "HANDOVER_MISSING", seq, eventId: null, detail });
    const last = this.#keys.at(-1) ?? headKey;
    if (last !== headKey) return fail("The head is signed with a key for which the one before has not vouched.");
    if (expected === undefined || this.leadingTo(headKey).includes(expected)) return undefined;
    return fail("The public key that was kept outside is not the head's, and has not handed over to it.");
  }
}

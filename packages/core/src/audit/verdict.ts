import type { AuditHead } from "./signed-head.js";

/**
 * What is wrong where a chain breaks.
 *
 * - `EDITED`: the event is not the one that was sealed.
 * - `MISSING`: what was sealed before it is not there any more, or was replaced.
 * - `REORDERED`: it stands before what was sealed before it.
 * - `INSERTED`: it follows something that was put between.
 * - `TRUNCATED`: the signed head is further than the last event.
 * - `HEAD_MISSING`: there are events and no head.
 * - `HEAD_BEHIND`: there are events behind the signed head, so it is an older one.
 * - `HEAD_MISMATCH`: the last event is another than the signed head's.
 * - `HEAD_FORGED`: the head is not signed with the key that it should be.
 * - `HANDOVER_FORGED`: the signing key changes there, and the key before has not vouched for the new one.
 * - `HANDOVER_MISSING`: nothing leads from the key before, or from the one that was kept outside, to that of the head.
 * - `UNSEALED`: events wait to be sealed for longer than they should.
 * - `EXPECTED_HEAD`: the chain does not lead over the head that was kept outside.
 */
export type AuditBreakKind =
  | "EDITED"
  | "MISSING"
  | "REORDERED"
  | "INSERTED"
  | "TRUNCATED"
  | "HEAD_MISSING"
  | "HEAD_BEHIND"
  | "HEAD_MISMATCH"
  | "HEAD_FORGED"
  | "HANDOVER_FORGED"
  | "HANDOVER_MISSING"
  | "UNSEALED"
  | "EXPECTED_HEAD";

/** The first broken link of a chain. */
export interface AuditBreak {
  readonly kind: AuditBreakKind;
  /** Place in the chain that it is about. */
  readonly seq: number;
  /** The event there, of missing ones the event behind them; `null` where it is about none. */
  readonly eventId: string | null;
  /** For people. */
  readonly detail: string;
}

/** What was found about a chain. */
export interface AuditVerdict {
  readonly ok: boolean;
  /** Events that were looked at. */
  readonly events: number;
  /** The end of the chain as far as it was read: keep it outside, to compare it later. */
  readonly head: AuditHead;
  /** The public keys that lead to the head's, the oldest first: each has vouched for the next one. None without a head. */
  readonly publicKeys: readonly string[];
  /** `null` = the chain is whole. */
  readonly break: AuditBreak | null;
}

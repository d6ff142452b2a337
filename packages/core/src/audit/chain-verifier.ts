import { type AuditLink, type ChainedAuditEvent, genesisHash, hashAuditEvent } from "./event-hash.js";
import { KeyPath } from "./key-path.js";
import { type AuditHead, isAuditHeadGenuine, type SignedAuditHead } from "./signed-head.js";
import type { AuditBreak, AuditBreakKind, AuditVerdict } from "./verdict.js";

/** What is known about a chain from elsewhere. */
export interface AuditExpectations {
  /** A head that was kept outside: the chain has to lead over it. */
  readonly head?: AuditHead | undefined;
  /** A public key that was kept outside: the head's, or one that has handed over to it, over others perhaps. */
  readonly publicKey?: string | undefined;
}

/** Hashes that are remembered, to tell an event that was put in from one that is missing. */
const remembered = 1_000;

/**
 * Looks a tenant's audit chain over, event after event in the order of their numbers, and names the first broken link. Holds
 * no more than a part of the chain, however long that is.
 */
export class AuditChainVerifier {
  readonly #expected: AuditExpectations;
  readonly #keys = new KeyPath();
  readonly #recent: string[] = [];
  #last: AuditLink = { seq: 0, previousHash: genesisHash, hash: genesisHash };
  #lastId: string | null = null;
  #events = 0;
  #broken: AuditBreak | undefined;
  /** An event whose predecessor is not where it should be: it may still come. */
  #waiting: { readonly wanted: string; readonly at: AuditBreak } | undefined;

  constructor(expected: AuditExpectations = {}) {
    this.#expected = expected;
  }

  /** Whether the first broken link is known, so that nothing that comes changes the verdict. */
  get isDecided(): boolean {
    return this.#broken !== undefined;
  }

  /** Takes the next event. */
  add(event: ChainedAuditEvent): void {
    if (this.#broken) return;
    this.#events += 1;
    if (this.#waiting) this.#lookForMoved(event);
    else this.#check(event);
  }

  /**
   * Says what was found.
   *
   * @param head - The signed head of the chain; `undefined` where there is none.
   * @param publicKey - What the head has to be signed with, from where nobody can have changed it. Default: what the head says.
   */
  end(head: SignedAuditHead | undefined, publicKey?: string): AuditVerdict {
    const { seq, hash } = this.#last;
    const key = publicKey ?? head?.publicKey;
    const broken =
      this.#broken ??
      this.#waiting?.at ??
      this.#checkHead(head, key) ??
      this.#checkExpected() ??
      (key === undefined ? undefined : this.#keys.checkEnd(seq, key, this.#expected.publicKey));
    return {
      ok: broken === undefined,
      events: this.#events,
      head: { seq, hash },
      publicKeys: key === undefined ? [] : this.#keys.leadingTo(key),
      break: broken ?? null,
    };
  }

  #check(sealed: ChainedAuditEvent): void {
    const { chain, ...event } = sealed;
    const expectedSeq = this.#last.seq + 1;
    const isGenuine = hashAuditEvent(event, chain.previousHash) === chain.hash;
    const follows = chain.previousHash === this.#last.hash;
    const fail = (kind: AuditBreakKind, detail: string) => ({ kind, seq: chain.seq, eventId: sealed.id, detail });
    if (!follows && (isGenuine || chain.seq > expectedSeq)) {
      const isInserted = this.#recent.includes(chain.previousHash);
      const detail = isInserted
        ? `Event ${chain.seq} was sealed after an earlier one than event ${this.#last.seq}: what stands between was put in.`
        : `What was sealed before event ${chain.seq} is not there: events are missing behind event ${this.#last.seq}, or that one was replaced.`;
      const at: AuditBreak = isInserted
        ? { kind: "INSERTED", seq: this.#last.seq, eventId: this.#lastId, detail }
        : { kind: "MISSING", seq: expectedSeq, eventId: sealed.id, detail };
      if (isInserted || !isGenuine) this.#broken = at;
      else this.#waiting = { wanted: chain.previousHash, at };
      return;
    }
    if (!isGenuine || !follows) {
      this.#broken = fail("EDITED", `Event ${chain.seq} is not what was sealed there: it was changed.`);
    } else if (chain.seq !== expectedSeq) {
      this.#broken = fail("EDITED", `The event after event ${this.#last.seq} has another number, ${chain.seq}.`);
    } else if (this.#expected.head?.seq === chain.seq && this.#expected.head.hash !== chain.hash) {
      const detail = `Event ${chain.seq} is another than the head that was kept outside says: the chain was made anew.`;
      this.#broken = fail("EXPECTED_HEAD", detail);
    } else {
      this.#broken = this.#keys.follow(sealed);
      this.#last = chain;
      this.#lastId = sealed.id;
      this.#recent.push(chain.previousHash);
      if (this.#recent.length > remembered) this.#recent.shift();
    }
  }

  #lookForMoved({ id, chain }: ChainedAuditEvent): void {
    if (this.#waiting?.wanted !== chain.hash) return;
    const { seq, eventId } = this.#waiting.at;
    const detail = `Event ${id} was sealed before event ${eventId} and stands behind it: the order was changed.`;
    this.#broken = { kind: "REORDERED", seq, eventId, detail };
  }

  #checkHead(head: SignedAuditHead | undefined, publicKey: string | undefined): AuditBreak | undefined {
    const { seq, hash } = this.#last;
    const fail = (kind: AuditBreakKind, detail: string) => ({ kind, seq, eventId: null, detail });
    if (head === undefined) {
      return seq === 0 ? undefined : fail("HEAD_MISSING", "There are sealed events and no signed head.");
    }
    if (!isAuditHeadGenuine(head, publicKey)) {
      return fail("HEAD_FORGED", `The head at event ${head.seq} is not signed with the tenant's key.`);
    }
    if (head.seq > seq) {
      const detail = `The signed head is at event ${head.seq}, and the last one is event ${seq}: the end was cut off.`;
      return { kind: "TRUNCATED", seq: seq + 1, eventId: null, detail };
    }
    if (head.seq < seq) {
      return fail("HEAD_BEHIND", `The signed head is at event ${head.seq}: an older head was put back.`);
    }
    return head.hash === hash || seq === 0
      ? undefined
      : fail("HEAD_MISMATCH", `The last event, ${seq}, is not the one that was signed: it was replaced.`);
  }

  #checkExpected(): AuditBreak | undefined {
    const { seq } = this.#expected.head ?? { seq: 0 };
    if (seq <= this.#last.seq) return undefined;
    const detail = `The head that was kept outside is at event ${seq}, and the chain ends with event ${this.#last.seq}.`;
    return { kind: "EXPECTED_HEAD", seq, eventId: null, detail };
  }
}

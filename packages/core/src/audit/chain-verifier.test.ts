import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LocalKeyring, MemoryDataKeyStore, type Signer, Vault } from "../vault/index.js";
import { AuditChainVerifier } from "./chain-verifier.js";
import { type ChainedAuditEvent, genesisHash, hashAuditEvent } from "./event-hash.js";
import { type AuditHead, isAuditHeadGenuine, type SignedAuditHead, signAuditHead } from "./signed-head.js";

const vault = new Vault({
  keyProvider: LocalKeyring.parse(LocalKeyring.generate()),
  dataKeys: new MemoryDataKeyStore(),
});
const signer = await vault.signer("tenant-1", "audit");
const otherSigner = await vault.signer("tenant-2", "audit");

function chainOf(count: number): ChainedAuditEvent[] {
  const events: ChainedAuditEvent[] = [];
  let previousHash = genesisHash;
  for (let seq = 1; seq <= count; seq++) {
    const event = { id: `event-${seq}`, tenantId: "tenant-1", action: "thing.done", details: { n: seq } };
    const hash = hashAuditEvent(event, previousHash);
    events.push({ ...event, chain: { seq, previousHash, hash } });
    previousHash = hash;
  }
  return events;
}

function headOf(events: readonly ChainedAuditEvent[], by: Signer = signer): SignedAuditHead {
  const { seq, hash } = events.at(-1)?.chain ?? { seq: 0, hash: genesisHash };
  return signAuditHead(by, "tenant-1", { seq, hash }, new Date(0));
}

function verify(events: readonly ChainedAuditEvent[], head: SignedAuditHead | undefined, expected?: AuditHead) {
  const verifier = new AuditChainVerifier({ head: expected });
  for (const event of events) verifier.add(event);
  return verifier.end(head, signer.publicKey);
}

/** As whoever can write to the table would: numbers without a gap. */
function renumber(events: readonly ChainedAuditEvent[]): ChainedAuditEvent[] {
  return events.map((event, index) => ({ ...event, chain: { ...event.chain, seq: index + 1 } }));
}

describe("AuditChainVerifier", () => {
  const whole = chainOf(6);
  const head = headOf(whole);

  it("finds a whole chain whole, and says where it ends", () => {
    const { seq, hash } = head;
    expect(verify(whole, head)).toEqual({
      ...{ ok: true, events: 6, head: { seq, hash }, break: null },
      publicKeys: [signer.publicKey],
    });
    expect(verify([], undefined)).toMatchObject({ ok: true, events: 0, head: { seq: 0, hash: genesisHash } });
  });

  it.each([0, 2, 5])("names an event that was edited (place %i)", (place) => {
    const events = whole.map((event, index) => (index === place ? { ...event, action: "thing.undone" } : event));
    const found = { kind: "EDITED", seq: place + 1, eventId: `event-${place + 1}` };
    expect(verify(events, head)).toMatchObject({ ok: false, break: found });
  });

  it("names an event that was replaced together with its hash by the link that does not lead there", () => {
    const events = whole.map((event, index) => {
      if (index !== 2) return event;
      const { chain, ...forged } = { ...event, action: "thing.undone" };
      return { ...forged, chain: { ...chain, hash: hashAuditEvent(forged, chain.previousHash) } };
    });
    expect(verify(events, head).break).toMatchObject({ kind: "MISSING", seq: 4, eventId: "event-4" });
  });

  it.each([0, 2, 4])("names where events are missing, also when the others were numbered anew (place %i)", (place) => {
    const events = whole.toSpliced(place, 1);
    const found = { kind: "MISSING", seq: place + 1, eventId: `event-${place + 2}` };
    expect(verify(events, head).break).toMatchObject(found);
    expect(verify(renumber(events), head).break).toMatchObject(found);
  });

  it("names what was put before its predecessor", () => {
    const [one, two, three, four, five, six] = whole as [
      ChainedAuditEvent,
      ChainedAuditEvent,
      ChainedAuditEvent,
      ChainedAuditEvent,
      ChainedAuditEvent,
      ChainedAuditEvent,
    ];
    for (const order of [
      [one, three, two, four, five, six],
      [one, three, four, five, two, six],
      [one, five, two, three, four, six],
    ]) {
      expect(verify(renumber(order), head).break).toMatchObject({ kind: "REORDERED", seq: 2 });
    }
  });

  it("names what was put in between", () => {
    const { chain, ...forged } = {
      ...whole[2],
      id: "forged",
      chain: { seq: 3, previousHash: whole[1]?.chain.hash ?? "" },
    };
    const link = { ...chain, hash: hashAuditEvent(forged, chain.previousHash) };
    const events = renumber([...whole.slice(0, 2), { ...forged, chain: link }, ...whole.slice(2)]);
    expect(verify(events, head).break).toMatchObject({ kind: "INSERTED", seq: 3, eventId: "forged" });
  });

  it("names a number that was changed", () => {
    const events = whole.map((event, index) => (index === 5 ? { ...event, chain: { ...event.chain, seq: 9 } } : event));
    expect(verify(events, head).break).toMatchObject({ kind: "EDITED", seq: 9, eventId: "event-6" });
  });

  it("names an end that was cut off, a head that is older, missing, another's or of another event", () => {
    expect(verify(whole.slice(0, 4), head).break).toMatchObject({ kind: "TRUNCATED", seq: 5 });
    expect(verify([], head).break).toMatchObject({ kind: "TRUNCATED", seq: 1 });
    expect(verify(whole, headOf(whole.slice(0, 4))).break).toMatchObject({ kind: "HEAD_BEHIND", seq: 6 });
    expect(verify(whole, undefined).break).toMatchObject({ kind: "HEAD_MISSING", seq: 6 });
    expect(verify(whole, headOf(whole, otherSigner)).break).toMatchObject({ kind: "HEAD_FORGED" });
    const elsewhere = signAuditHead(signer, "tenant-1", { seq: 6, hash: "a".repeat(64) }, new Date(0));
    expect(verify(whole, elsewhere).break).toMatchObject({ kind: "HEAD_MISMATCH", seq: 6 });
  });

  it("holds the chain against a head that was kept outside: a chain cut off together with its head is whole without one", () => {
    const { seq, hash } = head;
    const cut = whole.slice(0, 4);
    expect(verify(cut, headOf(cut)).ok).toBe(true);
    expect(verify(cut, headOf(cut), { seq, hash }).break).toMatchObject({ kind: "EXPECTED_HEAD", seq: 6 });
    expect(verify([], undefined, { seq, hash }).break).toMatchObject({ kind: "EXPECTED_HEAD", seq: 6 });
    expect(verify(whole, head, { seq: 4, hash: whole[3]?.chain.hash ?? "" }).ok).toBe(true);
    expect(verify(whole, head, { seq: 4, hash: "b".repeat(64) }).break).toMatchObject({
      kind: "EXPECTED_HEAD",
      seq: 4,
    });
  });

  it("finds any change of any event, any event that is gone and any two that changed places", () => {
    const changes = fc.oneof(
      fc.record({ kind: fc.constant("edit" as const), at: fc.nat(5), name: fc.string(), value: fc.jsonValue() }),
      fc.record({ kind: fc.constant("remove" as const), at: fc.nat(5) }),
      fc.record({ kind: fc.constant("swap" as const), at: fc.nat(5), with: fc.nat(5) }),
    );
    fc.assert(
      fc.property(changes, fc.boolean(), (change, isRenumbered) => {
        const events = [...whole];
        const event = events[change.at];
        if (event === undefined) throw new RangeError();
        if (change.kind === "remove") events.splice(change.at, 1);
        if (change.kind === "edit") {
          fc.pre(!["chain", "__proto__"].includes(change.name));
          fc.pre(JSON.stringify(event[change.name]) !== JSON.stringify(change.value));
          events[change.at] = { ...event, [change.name]: change.value };
        }
        if (change.kind === "swap") {
          const other = events[change.with];
          fc.pre(change.at !== change.with && other !== undefined);
          if (other) [events[change.at], events[change.with]] = [other, event];
        }
        expect(verify(isRenumbered ? renumber(events) : events, head).ok).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});

describe("isAuditHeadGenuine", () => {
  const head = headOf(chainOf(2));

  it("takes a head with the signature of its key, and no other", () => {
    expect(isAuditHeadGenuine(head)).toBe(true);
    expect(isAuditHeadGenuine(head, otherSigner.publicKey)).toBe(false);
    expect(isAuditHeadGenuine(head, "no key")).toBe(false);
  });

  it.each([
    { seq: 3 },
    { hash: "c".repeat(64) },
    { tenantId: "tenant-2" },
    { signedAt: new Date(1).toISOString() },
    { signature: "" },
  ])("refuses one of which %o was changed", (change) => {
    expect(isAuditHeadGenuine({ ...head, ...change })).toBe(false);
  });
});

describe("hashAuditEvent", () => {
  it("is the SHA-256 that anybody gets from the canonical JSON", () => {
    // printf '{"event":{"action":"thing.done","id":"e"},"previousHash":"00…","v":1}' | sha256sum
    const hash = "890fcf3b0bcecbca4c61d1ec68a939e274f95825bd3b8d0a862523e1a01898da";
    expect(hashAuditEvent({ id: "e", action: "thing.done" }, genesisHash)).toBe(hash);
    expect(hashAuditEvent({ action: "thing.done", id: "e" }, genesisHash)).toBe(hash);
  });
});

import { describe, expect, it } from "vitest";
import { LocalKeyring, MemoryDataKeyStore, type Signer, Vault } from "../vault/index.js";
import { AuditChainVerifier } from "./chain-verifier.js";
import { type ChainedAuditEvent, genesisHash, hashAuditEvent } from "./event-hash.js";
import { handoverAction, type KeyHandover, signHandover } from "./handover.js";
import { unprovenAction } from "./key-path.js";
import { signAuditHead } from "./signed-head.js";

const tenantId = "tenant-1";

async function newSigner(): Promise<Signer> {
  const keyProvider = LocalKeyring.parse(LocalKeyring.generate());
  return new Vault({ keyProvider, dataKeys: new MemoryDataKeyStore() }).signer(tenantId, "audit");
}
const [first, second, third, stranger] = await Promise.all([newSigner(), newSigner(), newSigner(), newSigner()]);

/** A chain as a sealer makes it, with what a test does differently. */
class Chain {
  readonly events: ChainedAuditEvent[] = [];

  get end() {
    return this.events.at(-1)?.chain ?? { seq: 0, hash: genesisHash };
  }

  add(action = "thing.done", details: object = {}): this {
    const { seq, hash: previousHash } = this.end;
    const event = { id: `event-${seq + 1}`, tenantId, action, details };
    this.events.push({ ...event, chain: { seq: seq + 1, previousHash, hash: hashAuditEvent(event, previousHash) } });
    return this;
  }

  handOver(from: Signer, to: Signer, changes: Partial<KeyHandover> = {}): this {
    return this.add(handoverAction, { ...signHandover(from, tenantId, this.end, to), ...changes });
  }

  verify(signer: Signer, publicKey?: string) {
    const verifier = new AuditChainVerifier({ publicKey });
    for (const event of this.events) verifier.add(event);
    return verifier.end(signAuditHead(signer, tenantId, this.end, new Date(0)));
  }
}

describe("the keys of a chain", () => {
  const whole = new Chain().add().add().handOver(first, second).add().handOver(second, third).add();

  it("lead from the first one to that of the head, so that whoever knows any of them can verify the whole", () => {
    const publicKeys = [first, second, third].map(({ publicKey }) => publicKey);
    expect(whole.verify(third)).toMatchObject({ ok: true, events: 6, publicKeys });
    for (const known of publicKeys) expect(whole.verify(third, known)).toMatchObject({ ok: true, break: null });
    expect(new Chain().add().verify(first, first.publicKey)).toMatchObject({ ok: true, publicKeys: [first.publicKey] });
  });

  it("do not lead there from a key that has vouched for none of them", () => {
    const missing = { ok: false, break: { kind: "HANDOVER_MISSING", eventId: null } };
    expect(whole.verify(third, stranger.publicKey)).toMatchObject(missing);
    // The chain was made anew by whoever has the last key alone.
    expect(new Chain().add().add().verify(third, first.publicKey)).toMatchObject(missing);
    // Or the last hand-over was left out.
    expect(whole.verify(stranger)).toMatchObject(missing);
    expect(new Chain().handOver(first, second).verify(third)).toMatchObject({
      ...missing,
      publicKeys: [third.publicKey],
    });
  });

  it.each<[string, (chain: Chain) => Chain]>([
    [
      "is signed by another key than it names",
      (chain) => chain.handOver(stranger, second, { fromPublicKey: first.publicKey }),
    ],
    [
      "names another new key than was signed",
      (chain) => chain.handOver(first, second, { toPublicKey: stranger.publicKey }),
    ],
    ["is about another place", (chain) => chain.handOver(first, second, { seq: 1 })],
    [
      "stands elsewhere",
      (chain) => chain.add(handoverAction, signHandover(first, tenantId, { seq: 1, hash: genesisHash }, second)),
    ],
    ["is another audit's", (chain) => chain.add(handoverAction, signHandover(first, "tenant-2", chain.end, second))],
    ["is none", (chain) => chain.add(handoverAction, { seq: "2" })],
  ])("change at an event that is named when its hand-over %s", (_, spoil) => {
    const chain = spoil(new Chain().add().add()).add();
    expect(chain.verify(second)).toMatchObject({
      ok: false,
      break: { kind: "HANDOVER_FORGED", seq: 3, eventId: "event-3" },
    });
  });

  it("change at an event that is named when not the present key hands over", () => {
    const chain = new Chain().add().handOver(first, second).handOver(first, stranger).add();
    expect(chain.verify(stranger).break).toMatchObject({ kind: "HANDOVER_FORGED", seq: 3 });
  });

  it("begin anew where one was lost, which the chain says, and nothing leads there from before", () => {
    const chain = new Chain().add().handOver(first, second).add(unprovenAction).add();
    expect(chain.verify(third)).toMatchObject({ ok: true, publicKeys: [third.publicKey] });
    expect(chain.verify(third, first.publicKey).break).toMatchObject({ kind: "HANDOVER_MISSING" });
    chain.handOver(third, stranger);
    expect(chain.verify(stranger, third.publicKey)).toMatchObject({ ok: true });
  });
});

import { describe, expect, it } from "vitest";
import type { BeginResult, TokenSet, TokenStore } from "../../src/oauth/index.js";

/** What the suite needs to judge a store. */
export interface TokenStoreHarness {
  /**
   * Another instance for the same connection, as another process would have it. The suite uses several at once.
   */
  open(): TokenStore;
  /** Makes the store's own clock `ms` later: by moving a fake one, by changing the stored times, or by waiting. */
  pass(ms: number): Promise<void>;
  /** Removes what {@link describeTokenStore}'s `make` made. */
  close?(): Promise<void>;
}

const leaseMs = 40_000;
const missing = "01890000-0000-7000-8000-000000000000";

function tokenSet(name: string): TokenSet {
  return {
    accessToken: `access-${name}`,
    tokenType: "Bearer",
    refreshToken: `refresh-${name}`,
    expiresAtMs: 1_800_000_000_000,
    issuedAtMs: 1_799_996_400_000,
    scope: "api",
    attributes: { instance_url: "https://example.my.salesforce.com", "weird key": 'ü "quoted" \u2028' },
    rotates: true,
    reconnectBeforeMs: 1_900_000_000_000,
  };
}

function commitOf(name: string) {
  return { tokens: tokenSet(name), refreshAtMs: 1_799_999_700_000 };
}

function attemptOf(result: BeginResult): string {
  if (result.outcome !== "begun") throw new Error(`Expected "begun", found "${result.outcome}"`);
  return result.attemptId;
}

/**
 * The rules of `TokenStore` as tests. Every implementation runs them: `describeTokenStore("memory", async () => …)`.
 *
 * @param make - Called for each test: an empty store for a connection of its own.
 */
export function describeTokenStore(name: string, make: () => Promise<TokenStoreHarness>): void {
  describe(`TokenStore: ${name}`, () => {
    const rule = (title: string, test: (store: TokenStore, harness: TokenStoreHarness) => Promise<void>) =>
      it(title, async () => {
        const harness = await make();
        try {
          await test(harness.open(), harness);
        } finally {
          await harness.close?.();
        }
      });

    /** A store with one landed set, version 1. */
    const connected = async (store: TokenStore) => {
      const attempt = attemptOf(await store.begin({ purpose: "authorize", version: 0, leaseMs }));
      await store.commit(attempt, commitOf("first"));
    };
    const beginRefresh = (store: TokenStore, version = 1, repeats?: string) =>
      store.begin({ purpose: "refresh", version, leaseMs, ...(repeats === undefined ? {} : { repeats }) });

    rule(
      "notes what became known of a set under the same version, also while it is being renewed",
      async (store, harness) => {
        await connected(store);
        if (store.amend === undefined) return;
        const attempt = attemptOf(await beginRefresh(store));
        const known = { ...tokenSet("first"), expiresAtMs: 1_800_000_600_000 };
        const amended = await store.amend(1, { tokens: known, refreshAtMs: 1_800_000_300_000 });
        expect(amended).toMatchObject({ version: 1, tokens: known });
        expect((await harness.open().load()).tokens).toEqual(known);
        expect((await store.commit(attempt, commitOf("second"))).outcome).toBe("committed");
      },
    );

    rule("notes nothing of a set that is not the stored one any more", async (store) => {
      await connected(store);
      if (store.amend === undefined) return;
      await store.commit(attemptOf(await beginRefresh(store)), commitOf("second"));
      expect(await store.amend(1, commitOf("first"))).toMatchObject({ version: 2, tokens: tokenSet("second") });
      await store.clear();
      expect(await store.amend(3, commitOf("second"))).toMatchObject({ version: 3, tokens: undefined });
    });

    rule("is empty, active and at version 0 before anything is stored", async (store) => {
      expect(await store.load()).toMatchObject({ version: 0, tokens: undefined, status: "active", failures: 0 });
      expect((await store.load()).retryInMs).toBeLessThanOrEqual(0);
    });

    rule("lands an authorization as version 1 and gives every field back to every instance", async (store, harness) => {
      await connected(store);
      for (const instance of [store, harness.open()]) {
        expect(await instance.load()).toMatchObject({ version: 1, status: "active", failures: 0 });
        expect((await instance.load()).tokens).toEqual(tokenSet("first"));
      }
    });

    rule("lets a grant without a person begin at version 0, where nothing is stored", async (store) => {
      const begun = await beginRefresh(store, 0);
      expect(begun.outcome).toBe("begun");
      expect(await store.commit(attemptOf(begun), commitOf("machine"))).toMatchObject({
        outcome: "committed",
        record: { version: 1, tokens: tokenSet("machine") },
      });
    });

    rule("lets one of many begin, and tells the others how long to wait at the most", async (store, harness) => {
      await connected(store);
      const instances = Array.from({ length: 20 }, () => harness.open());
      const results = await Promise.all(instances.map((instance) => beginRefresh(instance)));
      expect(results.filter((result) => result.outcome === "begun")).toHaveLength(1);
      const held = results.filter((result) => result.outcome === "held");
      expect(held).toHaveLength(19);
      for (const { leaseMs: left } of held) {
        expect(left).toBeGreaterThan(0);
        expect(left).toBeLessThanOrEqual(leaseMs);
      }
    });

    rule("hands the stored record to the one who begins, not what the caller believes", async (store) => {
      await connected(store);
      expect(await beginRefresh(store)).toMatchObject({
        outcome: "begun",
        record: { version: 1, tokens: tokenSet("first") },
      });
    });

    rule("answers superseded with the stored record when the caller holds another version", async (store) => {
      await connected(store);
      for (const version of [0, 2]) {
        expect(await beginRefresh(store, version)).toMatchObject({
          outcome: "superseded",
          record: { version: 1, tokens: tokenSet("first") },
        });
      }
      expect((await beginRefresh(store)).outcome).toBe("begun");
    });

    rule("replaces the whole set with a commit, counts the version up and forgets failures", async (store) => {
      await connected(store);
      await store.abandon(attemptOf(await beginRefresh(store)), { outcome: "not_spent", code: "TIMEOUT" });
      const attempt = attemptOf(await beginRefresh(store));
      const { refreshToken, scope, rotates, reconnectBeforeMs, expiresAtMs, ...bare } = tokenSet("second");
      const landed = await store.commit(attempt, { tokens: bare, refreshAtMs: undefined });
      expect(landed).toMatchObject({ outcome: "committed", record: { version: 2, failures: 0, status: "active" } });
      expect((await store.load()).tokens).toEqual(bare);
      expect([refreshToken, scope, rotates, reconnectBeforeMs, expiresAtMs]).toHaveLength(5);
      expect((await beginRefresh(store, 2)).outcome).toBe("begun");
    });

    rule("answers committed again when a commit that has landed is repeated", async (store, harness) => {
      await connected(store);
      const attempt = attemptOf(await beginRefresh(store));
      await store.commit(attempt, commitOf("second"));
      expect(await harness.open().commit(attempt, commitOf("second"))).toMatchObject({
        outcome: "committed",
        record: { version: 2, tokens: tokenSet("second") },
      });
      expect((await store.load()).version).toBe(2);
    });

    rule("lands once when the same commit comes many times at once", async (store, harness) => {
      await connected(store);
      const attempt = attemptOf(await beginRefresh(store));
      const commits = Array.from({ length: 10 }, () => harness.open().commit(attempt, commitOf("second")));
      expect((await Promise.all(commits)).map(({ outcome }) => outcome)).toEqual(Array(10).fill("committed"));
      expect((await store.load()).version).toBe(2);
    });

    rule("changes nothing for a commit of an attempt that is not the current one", async (store) => {
      await connected(store);
      const attempt = attemptOf(await beginRefresh(store));
      expect(await store.commit(missing, commitOf("foreign"))).toMatchObject({
        outcome: "superseded",
        record: { version: 1, tokens: tokenSet("first") },
      });
      expect((await store.commit(attempt, commitOf("second"))).outcome).toBe("committed");
    });

    rule("answers superseded when a landed commit is repeated after a later set has landed", async (store) => {
      await connected(store);
      const early = attemptOf(await beginRefresh(store));
      await store.commit(early, commitOf("second"));
      await store.commit(attemptOf(await beginRefresh(store, 2)), commitOf("third"));
      expect(await store.commit(early, commitOf("second"))).toMatchObject({
        outcome: "superseded",
        record: { version: 3, tokens: tokenSet("third") },
      });
    });

    rule("calls an attempt whose lease is over ambiguous, and lets nobody begin", async (store, harness) => {
      await connected(store);
      const attempt = attemptOf(await beginRefresh(store));
      await harness.pass(leaseMs + 1);
      const results = await Promise.all([store, harness.open()].map((instance) => beginRefresh(instance)));
      for (const result of results) {
        expect(result).toMatchObject({
          outcome: "ambiguous",
          attemptId: attempt,
          repeated: false,
          record: { version: 1 },
        });
      }
    });

    rule("lands a late commit after its lease is over, as long as nobody came after it", async (store, harness) => {
      await connected(store);
      const attempt = attemptOf(await beginRefresh(store));
      await harness.pass(leaseMs * 10);
      expect((await store.commit(attempt, commitOf("late"))).outcome).toBe("committed");
      expect((await store.load()).tokens).toEqual(tokenSet("late"));
    });

    rule(
      "lets one of many repeat an ambiguous attempt, whose own late commit then changes nothing",
      async (store, harness) => {
        await connected(store);
        const lost = attemptOf(await beginRefresh(store));
        await harness.pass(leaseMs + 1);
        const results = await Promise.all(Array.from({ length: 10 }, () => beginRefresh(harness.open(), 1, lost)));
        expect(results.filter((result) => result.outcome === "begun")).toHaveLength(1);
        expect(results.filter((result) => result.outcome === "held")).toHaveLength(9);
        const repeat = results.find((result) => result.outcome === "begun");
        expect((await store.commit(lost, commitOf("lost"))).outcome).toBe("superseded");
        if (repeat) expect((await store.commit(attemptOf(repeat), commitOf("second"))).outcome).toBe("committed");
        expect(await store.load()).toMatchObject({ version: 2, tokens: tokenSet("second") });
      },
    );

    rule("does not take a repeat of an attempt that is not the ambiguous one", async (store, harness) => {
      await connected(store);
      const attempt = attemptOf(await beginRefresh(store));
      await harness.pass(leaseMs + 1);
      expect(await beginRefresh(store, 1, missing)).toMatchObject({ outcome: "ambiguous", attemptId: attempt });
    });

    rule("remembers, in every instance, that an ambiguous attempt was itself a repeat", async (store, harness) => {
      await connected(store);
      const first = attemptOf(await beginRefresh(store));
      await store.abandon(first, { outcome: "unknown", code: "TIMEOUT" });
      const repeat = attemptOf(await beginRefresh(store, 1, first));
      await harness.pass(leaseMs + 1);
      expect(await beginRefresh(harness.open())).toMatchObject({
        outcome: "ambiguous",
        attemptId: repeat,
        repeated: true,
      });
    });

    rule(
      "takes an attempt that was never sent back: others may begin at once, the failure is counted",
      async (store, harness) => {
        await connected(store);
        const attempt = attemptOf(await beginRefresh(store));
        await store.abandon(attempt, { outcome: "not_spent", code: "CONNECTION_FAILED", retryInMs: 60_000 });
        const record = await harness.open().load();
        expect(record).toMatchObject({ version: 1, status: "active", failures: 1, tokens: tokenSet("first") });
        expect(record.retryInMs).toBeGreaterThan(50_000);
        expect(record.retryInMs).toBeLessThanOrEqual(60_000);
        await harness.pass(60_001);
        expect((await store.load()).retryInMs).toBeLessThanOrEqual(0);
        expect((await beginRefresh(store)).outcome).toBe("begun");
        expect((await store.commit(attempt, commitOf("late"))).outcome).toBe("superseded");
      },
    );

    rule("leaves an attempt ambiguous when its repeat was never sent", async (store) => {
      await connected(store);
      const first = attemptOf(await beginRefresh(store));
      await store.abandon(first, { outcome: "unknown", code: "TIMEOUT" });
      const repeat = attemptOf(await beginRefresh(store, 1, first));
      await store.abandon(repeat, { outcome: "not_spent", code: "CONNECTION_FAILED" });
      expect(await beginRefresh(store)).toMatchObject({ outcome: "ambiguous", repeated: false });
    });

    rule("stays as doubtful when the end of a repeat that was never sent is told twice", async (store) => {
      await connected(store);
      const first = attemptOf(await beginRefresh(store));
      await store.abandon(first, { outcome: "unknown", code: "TIMEOUT" });
      const repeat = attemptOf(await beginRefresh(store, 1, first));
      for (const _ of [1, 2]) await store.abandon(repeat, { outcome: "not_spent", code: "CONNECTION_FAILED" });
      expect((await beginRefresh(store)).outcome).toBe("ambiguous");
    });

    rule("calls an attempt of unknown outcome ambiguous at once, and still lands its late commit", async (store) => {
      await connected(store);
      const attempt = attemptOf(await beginRefresh(store));
      await store.abandon(attempt, { outcome: "unknown", code: "OUTCOME_UNKNOWN", retryInMs: 1000 });
      expect(await store.load()).toMatchObject({ failures: 1, status: "active" });
      expect(await beginRefresh(store)).toMatchObject({ outcome: "ambiguous", attemptId: attempt, repeated: false });
      expect((await store.commit(attempt, commitOf("late"))).outcome).toBe("committed");
      expect((await beginRefresh(store, 2)).outcome).toBe("begun");
    });

    rule(
      "begins no refresh once the grant is gone, and keeps the tokens for what they are still worth",
      async (store, harness) => {
        await connected(store);
        await store.abandon(attemptOf(await beginRefresh(store)), {
          outcome: "grant_gone",
          code: "RECONNECT_REQUIRED",
        });
        expect(await harness.open().load()).toMatchObject({
          version: 1,
          status: "reconnect_required",
          tokens: tokenSet("first"),
        });
        expect(await beginRefresh(harness.open())).toMatchObject({
          outcome: "reconnect_required",
          record: { version: 1 },
        });
      },
    );

    rule(
      "gives an ambiguous attempt up, and lets its late answer bring the connection back",
      async (store, harness) => {
        await connected(store);
        const attempt = attemptOf(await beginRefresh(store));
        await harness.pass(leaseMs + 1);
        await store.abandon(attempt, { outcome: "given_up", code: "OUTCOME_UNKNOWN" });
        expect((await beginRefresh(store)).outcome).toBe("reconnect_required");
        expect((await harness.open().commit(attempt, commitOf("late"))).outcome).toBe("committed");
        expect(await store.load()).toMatchObject({
          version: 2,
          status: "active",
          failures: 0,
          tokens: tokenSet("late"),
        });
        expect((await beginRefresh(store, 2)).outcome).toBe("begun");
      },
    );

    rule("lands no late answer of an attempt that was given up over a new authorization", async (store, harness) => {
      await connected(store);
      const attempt = attemptOf(await beginRefresh(store));
      await harness.pass(leaseMs + 1);
      await store.abandon(attempt, { outcome: "given_up", code: "OUTCOME_UNKNOWN" });
      const authorize = attemptOf(await store.begin({ purpose: "authorize", version: 1, leaseMs }));
      expect((await store.commit(attempt, commitOf("late"))).outcome).toBe("superseded");
      expect((await store.commit(authorize, commitOf("again"))).outcome).toBe("committed");
      expect((await store.load()).tokens).toEqual(tokenSet("again"));
    });

    rule("lands nothing of an attempt whose grant the vendor has called gone", async (store) => {
      await connected(store);
      const attempt = attemptOf(await beginRefresh(store));
      await store.abandon(attempt, { outcome: "grant_gone", code: "RECONNECT_REQUIRED" });
      expect((await store.commit(attempt, commitOf("late"))).outcome).toBe("superseded");
      expect(await store.load()).toMatchObject({ version: 1, status: "reconnect_required" });
    });

    rule(
      "takes an attempt back that was given up, when its holder says that it never was sent",
      async (store, harness) => {
        await connected(store);
        const attempt = attemptOf(await beginRefresh(store));
        await harness.pass(leaseMs + 1);
        await store.abandon(attempt, { outcome: "given_up", code: "OUTCOME_UNKNOWN" });
        await store.abandon(attempt, { outcome: "not_spent", code: "CONNECTION_FAILED" });
        expect(await harness.open().load()).toMatchObject({ version: 1, status: "active", failures: 2 });
        expect((await beginRefresh(store)).outcome).toBe("begun");
      },
    );

    rule("counts the giving up of many as one", async (store, harness) => {
      await connected(store);
      const attempt = attemptOf(await beginRefresh(store));
      await harness.pass(leaseMs + 1);
      const give = () => harness.open().abandon(attempt, { outcome: "given_up", code: "OUTCOME_UNKNOWN" });
      await Promise.all([give(), give(), give()]);
      expect(await store.load()).toMatchObject({ status: "reconnect_required", failures: 1 });
    });

    rule("ignores an abandon of an attempt that is not the current one", async (store) => {
      await connected(store);
      const attempt = attemptOf(await beginRefresh(store));
      await store.abandon(missing, { outcome: "grant_gone", code: "RECONNECT_REQUIRED" });
      expect(await store.load()).toMatchObject({ status: "active", failures: 0 });
      await store.commit(attempt, commitOf("second"));
      await store.abandon(attempt, { outcome: "grant_gone", code: "RECONNECT_REQUIRED" });
      expect(await store.load()).toMatchObject({ version: 2, status: "active" });
    });

    rule("lets a person's authorization supersede a refresh under way", async (store, harness) => {
      await connected(store);
      const refresh = attemptOf(await beginRefresh(store));
      const authorize = attemptOf(await harness.open().begin({ purpose: "authorize", version: 0, leaseMs }));
      expect((await store.commit(refresh, commitOf("refreshed"))).outcome).toBe("superseded");
      await store.abandon(refresh, { outcome: "grant_gone", code: "RECONNECT_REQUIRED" });
      expect((await store.commit(authorize, commitOf("authorized"))).outcome).toBe("committed");
      expect(await store.load()).toMatchObject({ version: 2, status: "active", tokens: tokenSet("authorized") });
    });

    rule("mends a connection that needed a person by an authorization", async (store) => {
      await connected(store);
      await store.abandon(attemptOf(await beginRefresh(store)), { outcome: "grant_gone", code: "RECONNECT_REQUIRED" });
      const authorize = attemptOf(await store.begin({ purpose: "authorize", version: 1, leaseMs }));
      await store.commit(authorize, commitOf("again"));
      expect(await store.load()).toMatchObject({ version: 2, status: "active", failures: 0 });
      expect((await beginRefresh(store, 2)).outcome).toBe("begun");
    });

    rule("holds a refresh while an authorization is landing", async (store) => {
      await connected(store);
      await store.begin({ purpose: "authorize", version: 1, leaseMs });
      expect((await beginRefresh(store)).outcome).toBe("held");
    });

    rule("destroys the tokens, supersedes an attempt, and does no more the second time", async (store, harness) => {
      await connected(store);
      const attempt = attemptOf(await beginRefresh(store));
      await store.clear();
      const cleared = await harness.open().load();
      expect(cleared).toMatchObject({ tokens: undefined, status: "active", failures: 0 });
      expect(cleared.version).toBe(2);
      await store.clear();
      expect((await store.load()).version).toBe(2);
      expect((await store.commit(attempt, commitOf("late"))).outcome).toBe("superseded");
      expect((await store.load()).tokens).toBeUndefined();
      expect((await beginRefresh(store, 1)).outcome).toBe("superseded");
    });

    rule("can be connected again after it was cleared, with a version that goes on growing", async (store) => {
      await connected(store);
      await store.clear();
      await connected(store);
      expect(await store.load()).toMatchObject({ version: 3, tokens: tokenSet("first"), status: "active" });
    });
  });
}

import { describe, expect, it } from "vitest";
import { createTransport } from "../../src/http/index.js";
import { OAuthClient } from "../../src/oauth/index.js";
import { makeGate } from "../support/gate.js";
import { eventually } from "../support/manual-clock.js";
import { failureOf, openBench } from "../support/oauth-bench.js";
import { grants, openFaultyBench, openTokenBench } from "../support/token-bench.js";

const expired = { tokens: { expiresAtMs: 0 } } as const;

// What was certainly not sent must never cost a person a new authorization.
describe("TokenManager and a refresh that was never sent", () => {
  it("keeps a grant whose request waited for its turn until its time was over", async () => {
    await using busy = await openBench([{ fault: "hang" }]);
    const transport = createTransport({
      allowedHosts: [],
      allowedPrivateHosts: [new URL(busy.server.origin).host],
      concurrency: 1,
    });
    const client = new OAuthClient({ profile: busy.profile, transport, clock: busy.clock });
    await using bench = await openTokenBench([grants(2)], { ...expired, client, callTimeoutMs: 300, leaseMs: 2_000 });
    const operation = new AbortController();
    const { signal } = operation;
    const url = `${busy.server.origin}/records`;
    const occupying = failureOf(transport.request({ method: "GET", url, name: "records", signal }));
    await eventually(() => busy.server.seen.length === 1);
    expect(await failureOf(bench.manager.accessToken())).not.toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(await bench.store.load()).toMatchObject({ status: "active", failures: 1 });
    expect(busy.server.seen.map(({ path }) => path)).toEqual(["/records"]);
    operation.abort();
    await occupying;
    await transport.close();
  });

  it.each([
    ["an endpoint that is none", { tokenEndpoint: "not a url" }],
    ["a secret that is missing", { clientSecret: undefined, clientAuthentication: "client_secret_post" as const }],
  ])("keeps a grant whose request cannot be built: %s", async (_name, profile) => {
    await using broken = await openBench([grants(2)], profile);
    await using bench = await openTokenBench([grants(2)], { ...expired, client: broken.client });
    expect(await failureOf(bench.manager.accessToken())).toMatchObject({ code: "VALIDATION_FAILED" });
    expect(await bench.store.load()).toMatchObject({ status: "active", failures: 1 });
    expect(broken.server.seen).toHaveLength(0);
  });
});

describe("TokenManager and a vendor's Retry-After", () => {
  it.each([
    ["0", 500, 1_000],
    [new Date(Date.UTC(2025, 0, 1)).toUTCString(), 500, 1_000],
    ["30", 30_000, 30_000],
    ["99999999999", 900_000, 900_000],
  ])("leaves the vendor alone for a sensible time when it says %s", async (header, least, most) => {
    const refusal = { status: 429, json: {}, headers: { "retry-after": header } };
    await using bench = await openTokenBench([refusal], expired);
    await failureOf(bench.manager.accessToken());
    const { retryInMs } = await bench.store.load();
    expect(retryInMs).toBeGreaterThanOrEqual(least);
    expect(retryInMs).toBeLessThanOrEqual(most);
    await failureOf(bench.manager.accessToken());
    expect(bench.server.seen).toHaveLength(1);
  });
});

describe("TokenManager and a set that nothing can renew", () => {
  it.each([
    ["stated", 3_600],
    ["assumed", undefined],
  ])(
    "stores no moment at which it were due, so that no worker ends a connection that works (%s expiry)",
    async (_, expiresIn) => {
      await using opened = await openFaultyBench([grants(2)], { tokens: null });
      const { bench, faulty } = opened;
      const refreshAt: (number | undefined)[] = [];
      const commit = faulty.commit.bind(faulty);
      faulty.commit = (attemptId, request) => {
        refreshAt.push(request.refreshAtMs);
        return commit(attemptId, request);
      };
      const now = bench.clock.now();
      const set = { accessToken: "a", tokenType: "Bearer", issuedAtMs: now, attributes: {} };
      const ends = expiresIn === undefined ? {} : { expiresAtMs: now + expiresIn * 1_000 };
      await bench.manager.accept({ ...set, ...ends });
      await bench.manager.accept({ ...set, ...ends, refreshToken: "r" });
      expect(refreshAt).toEqual([undefined, expect.any(Number)]);
    },
  );
});

describe("TokenManager and a store that is away when the vendor has answered", () => {
  it("lets callers share the landing of what came late", async () => {
    await using opened = await openFaultyBench([grants(2)], expired);
    const { bench, faulty } = opened;
    faulty.failures.commit = 4;
    await failureOf(bench.clock.drive(bench.manager.accessToken()));
    let commits = 0;
    const gate = makeGate();
    faulty.beforeCommit = () => {
      commits += 1;
      return gate.passed;
    };
    const callers = [1, 2, 3, 4].map(() => bench.manager.accessToken());
    await eventually(() => commits > 0);
    gate.open();
    expect(await Promise.all(callers)).toMatchObject(Array(4).fill({ value: "access-t0ken-2" }));
    expect(commits).toBe(1);
  });
});

describe("TokenManager.quiesce", () => {
  it("waits for a renewal in another process, and lets nobody begin another one", async () => {
    const gate = makeGate();
    await using bench = await openTokenBench([() => gate.passed.then(() => grants(2))], expired);
    const elsewhere = bench.another().accessToken();
    await eventually(() => bench.server.seen.length === 1);
    const quiet = bench.manager.quiesce();
    await eventually(() => bench.clock.sleeping === 1);
    gate.open();
    await elsewhere;
    await bench.clock.drive(quiet);
    expect((await bench.manager.peek())?.refreshToken).toBe("refresh-t0ken-2");
    const next = await bench.store.begin({ purpose: "refresh", version: 2, leaseMs: 40_000 });
    expect(next.outcome).toBe("held");
  });

  it("finds nothing to wait for where nobody has connected", async () => {
    await using bench = await openTokenBench([grants(2)], { tokens: null });
    await bench.manager.quiesce();
    expect(await bench.manager.peek()).toBeUndefined();
  });
});

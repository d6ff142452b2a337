import { afterEach, describe, expect, it } from "vitest";
import { EventBus } from "../../src/events/index.js";
import { MemoryTokenStore, OAuthClient, TokenManager, type TokenStore } from "../../src/oauth/index.js";
import { FaultyStore } from "../support/faulty-store.js";
import { type OAuthBench, openBench } from "../support/oauth-bench.js";
import type { Answer, SeenRequest } from "../support/token-server.js";

const hourMs = 3_600_000;
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** Grants tokens without a lifetime, numbered, and answers introspections by `introspect`. */
async function bench(
  introspect: (request: SeenRequest, bench: OAuthBench) => Answer,
  wrap = (store: TokenStore) => store,
) {
  let granted = 0;
  const parts = await openBench([
    (request) => {
      if (request.path === "/introspect") return introspect(request, parts);
      granted += 1;
      return { json: { access_token: `t0ken-${granted}`, refresh_token: `refresh-${granted}` } };
    },
  ]);
  const lines: string[] = [];
  const log = (fields: object, message: string) => void lines.push(JSON.stringify({ ...fields, message }));
  const store = wrap(new MemoryTokenStore({ clock: parts.clock }));
  const another = () =>
    new TokenManager({
      store,
      clock: parts.clock,
      client: new OAuthClient({ ...parts, profile: { ...parts.profile, asksForExpiry: true } }),
      connection: { type: "test" },
      callTimeoutMs: 500,
      events: new EventBus(),
      logger: { debug: log, info: log, warn: log, error: log },
    });
  const manager = another();
  cleanUps.push(async () => {
    await manager.close();
    await parts[Symbol.asyncDispose]();
  });
  await manager.accept({
    accessToken: "t0ken-0",
    tokenType: "Bearer",
    refreshToken: "refresh-0",
    issuedAtMs: parts.clock.now(),
    attributes: {},
  });
  const introspections = () => parts.server.seen.filter(({ path }) => path === "/introspect");
  return { ...parts, store, manager, another, lines, introspections };
}

function endsIn(milliseconds: number) {
  return (_request: SeenRequest, { clock }: OAuthBench): Answer => ({
    json: { active: true, exp: Math.round((clock.now() + milliseconds) / 1000) },
    headers: { date: new Date(clock.now()).toUTCString() },
  });
}

describe("the end of a token whose answer states no lifetime", () => {
  it("is asked for once, and stored under the same version", async () => {
    const { manager, store, clock, introspections } = await bench(endsIn(hourMs / 4));
    await manager.settle();
    expect(await store.load()).toMatchObject({ version: 1, tokens: { expiresAtMs: clock.now() + hourMs / 4 } });
    await manager.accessToken();
    expect(introspections().map(({ form }) => form.get("token"))).toEqual(["t0ken-0"]);
  });

  it("makes the renewal come before it, and is asked for again with the next token", async () => {
    const { manager, clock, introspections } = await bench(endsIn(hourMs / 4));
    await manager.settle();
    clock.advance(hourMs / 4 - 60_000);
    await manager.accessToken();
    await manager.settle();
    expect((await manager.accessToken()).value).toBe("t0ken-1");
    expect(introspections()).toHaveLength(2);
  });

  it("is known to another process that shares the store", async () => {
    const { manager, another, clock, introspections } = await bench(endsIn(hourMs / 4));
    await manager.settle();
    expect((await another().accessToken()).expiresAtMs).toBe(clock.now() + hourMs / 4);
    expect(introspections()).toHaveLength(1);
  });

  it("is as far away as it is by the server's clock, however wrong that is", async () => {
    const serverMs = Date.UTC(2001, 1, 3);
    const { manager, clock } = await bench(() => ({
      json: { active: true, exp: serverMs / 1000 + 600 },
      headers: { date: new Date(serverMs).toUTCString() },
    }));
    await manager.settle();
    expect((await manager.accessToken()).expiresAtMs).toBe(clock.now() + 600_000);
  });

  it("keeps nobody waiting: the token is stored and served while the question is open", async () => {
    const { manager, store } = await bench(() => ({ fault: "hang" }));
    expect((await manager.accessToken()).value).toBe("t0ken-0");
    expect(await store.load()).toMatchObject({ version: 1, tokens: { refreshToken: "refresh-0" } });
    await manager.close();
  });

  it.each<[string, Answer, number]>([
    ["refuses the client", { status: 401, json: { error: "invalid_client" } }, 1],
    ["answers with a page", { status: 404, body: "<html>" }, 1],
    ["fails for a while", { status: 503, body: "" }, 2],
  ])("stays assumed, in the log but in no error, when the server %s", async (_what, answer, sets) => {
    const asked = new Set<string | null>();
    const { manager, lines } = await bench(({ form }) => {
      asked.add(form.get("token"));
      return answer;
    });
    await manager.settle();
    await manager.refreshNow();
    await manager.settle();
    expect((await manager.accessToken()).expiresAtMs).toBeUndefined();
    // One that refuses is not asked again with each renewal.
    expect(asked.size).toBe(sets);
    expect(lines.filter((line) => line.includes("lifetime is assumed"))).toHaveLength(sets);
  });

  it.each([
    ["says nothing of an end", { active: true }],
    ["names a time that is past", { active: true, exp: 1_000 }],
    ["names no time", { active: true, exp: "soon" }],
    ["does not know the token", { active: false, exp: 4_000_000_000 }],
  ])("stays assumed when the server %s", async (_what, json) => {
    const { manager } = await bench(() => ({ json }));
    await manager.settle();
    expect((await manager.accessToken()).expiresAtMs).toBeUndefined();
  });

  it("is known here although the store cannot note it, and no look at the store forgets it", async () => {
    const { manager, store, clock } = await bench(endsIn(hourMs / 4), (below) => new FaultyStore(below));
    if (store instanceof FaultyStore) store.failures.amend = 99;
    await clock.drive(manager.settle());
    const expiresAtMs = (await manager.accessToken()).expiresAtMs;
    expect(expiresAtMs).toBeDefined();
    clock.advance(31_000);
    expect((await manager.accessToken()).expiresAtMs).toBe(expiresAtMs);
  });
});

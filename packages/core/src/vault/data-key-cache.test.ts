import { afterEach, describe, expect, it, vi } from "vitest";
import { DataKeyCache } from "./data-key-cache.js";

function setUp(limits: { ttlMs?: number; maximumKeys?: number } = {}) {
  const time = { nowMs: 1_000_000 };
  const clock = { now: () => time.nowMs, sleep: async () => undefined };
  const cache = new DataKeyCache({ ttlMs: 60_000, maximumKeys: 10, ...limits }, clock);
  const loads: string[] = [];
  const keys: Buffer[] = [];
  const load = (name: string) => async () => {
    loads.push(name);
    const key = Buffer.alloc(32, 0xab);
    keys.push(key);
    return key;
  };
  const use = (name: string) => cache.use("tenant", name, load(name), (key) => key[0]);
  return { cache, time, loads, keys, use };
}

const isZero = (key: Buffer | undefined) => key?.every((byte) => byte === 0);

describe("DataKeyCache", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("loads a key once for callers that come together and for those that come later", async () => {
    const { use, loads } = setUp();
    await Promise.all([use("a"), use("a"), use("a")]);
    await use("a");
    expect(loads).toEqual(["a"]);
  });

  it("drops a key when its time is over, counted from loading and not from the last use, and zeroes it", async () => {
    const { use, loads, keys, time } = setUp();
    await use("a");
    time.nowMs += 59_999;
    await use("a");
    expect(loads).toEqual(["a"]);
    time.nowMs += 1;
    expect(await use("a")).toBe(0xab);
    expect(loads).toEqual(["a", "a"]);
    expect(isZero(keys[0])).toBe(true);
    expect(isZero(keys[1])).toBe(false);
  });

  it("drops a key when the clock was set back", async () => {
    const { use, loads, time } = setUp();
    await use("a");
    time.nowMs -= 1;
    await use("a");
    expect(loads).toEqual(["a", "a"]);
  });

  it("zeroes old keys when another one is loaded", async () => {
    const { use, keys, time } = setUp();
    await use("a");
    time.nowMs += 60_000;
    await use("b");
    expect(keys.map(isZero)).toEqual([true, false]);
  });

  it("zeroes a key when its time is over also if nobody comes any more, once nobody uses it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { cache, use, keys } = setUp();
    await use("a");
    const loading = Promise.withResolvers<Buffer>();
    const slow = cache.use(
      "tenant",
      "b",
      () => loading.promise,
      (key) => key[0],
    );
    vi.advanceTimersByTime(59_999);
    expect(isZero(keys[0])).toBe(false);
    vi.advanceTimersByTime(1);
    expect(isZero(keys[0])).toBe(true);
    const late = Buffer.alloc(32, 1);
    loading.resolve(late);
    expect([await slow, isZero(late)]).toEqual([1, true]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("keeps no program from ending, and takes a time that no timer can count", async () => {
    const { use, loads } = setUp({ ttlMs: Number.MAX_SAFE_INTEGER });
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    await use("a");
    expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBe(before);
    await new Promise((resolve) => setTimeout(resolve, 10));
    await use("a");
    expect(loads).toEqual(["a"]);
  });

  it("drops the least recently used key when there are too many, and zeroes it", async () => {
    const { use, loads, keys } = setUp({ maximumKeys: 2 });
    await use("a");
    await use("b");
    await use("a");
    await use("c");
    expect(keys.map(isZero)).toEqual([false, true, false]);
    await use("a");
    expect(loads).toEqual(["a", "b", "c"]);
  });

  it("does not zero a key that somebody still awaits, and does once they are done", async () => {
    const { cache, use, keys } = setUp({ maximumKeys: 1 });
    const uses = [use("a"), use("a"), use("b"), use("a")];
    cache.drop();
    expect(await Promise.all(uses)).toEqual([0xab, 0xab, 0xab, 0xab]);
    expect(keys.map(isZero)).toEqual([true, true, true]);
  });

  it("shares a failure with those who wait for it and does not remember it", async () => {
    const { cache, use } = setUp();
    const fail = async (): Promise<Buffer> => {
      throw new Error("away");
    };
    const both = await Promise.allSettled([
      cache.use("tenant", "a", fail, () => "opened"),
      cache.use("tenant", "a", fail, () => "opened"),
    ]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await use("a")).toBe(0xab);
  });

  it("drops the keys of one tenant", async () => {
    const { cache, use, keys } = setUp();
    await use("a");
    const other = Buffer.alloc(32, 1);
    await cache.use(
      "other",
      "a",
      async () => other,
      () => undefined,
    );
    cache.drop("tenant");
    expect(isZero(keys[0])).toBe(true);
    expect(isZero(other)).toBe(false);
  });
});

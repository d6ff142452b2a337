import { describe, expect, it } from "vitest";
import { twoAtATime } from "./two-at-a-time.js";

describe("two at a time", () => {
  /** Gives 1 to `count`, then fails where it is to. `left` is called when nobody wants more. */
  async function* numbers(count: number, events: string[], fails = false) {
    try {
      for (let number = 1; number <= count; number += 1) {
        events.push(`read ${number}`);
        yield number;
      }
      if (fails) throw new Error("the vendor is away");
    } finally {
      events.push("closed");
    }
  }
  /** A store whose items end when the test says so. */
  function heldStore(events: string[]) {
    const open = new Map<number, PromiseWithResolvers<boolean>>();
    const store = (number: number) => {
      events.push(`sent ${number}`);
      const held = Promise.withResolvers<boolean>();
      open.set(number, held);
      return held.promise.finally(() => events.push(`stored ${number}`));
    };
    return { store, open };
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const never = () => false;
  const nobody = () => undefined;

  it("reads and sends the next item while one is stored, and no third", async () => {
    const events: string[] = [];
    const { store, open } = heldStore(events);
    const ended = twoAtATime(numbers(3, events), store, never, nobody);
    await settle();
    expect(events.splice(0)).toEqual(["read 1", "sent 1", "read 2", "sent 2"]);
    open.get(1)?.resolve(true);
    await settle();
    expect(events.splice(0)).toEqual(["stored 1", "read 3", "sent 3"]);
    open.get(2)?.resolve(true);
    open.get(3)?.resolve(true);
    expect(await ended).toBe("done");
    expect(events).toEqual(["stored 2", "stored 3", "closed"]);
  });

  it("reads no more once an item is refused or fails, and ends the read that is under way", async () => {
    for (const fails of [false, true]) {
      const [reading, left] = [Promise.withResolvers<void>(), Promise.withResolvers<never>()];
      async function* stuck() {
        yield 1;
        reading.resolve();
        await left.promise;
      }
      const leave = () => left.reject(new Error("nobody reads any more"));
      const store = async () => {
        await reading.promise;
        if (fails) throw new Error("the database is away");
        return false;
      };
      const ended = twoAtATime(stuck(), store, never, leave);
      if (fails) await expect(ended).rejects.toThrow("the database is away");
      else expect(await ended).toBe("refused");
    }
  });

  it("ends with nothing under way: what the source throws comes after what was read before it", async () => {
    const events: string[] = [];
    const { store, open } = heldStore(events);
    const ended = twoAtATime(numbers(1, events, true), store, never, nobody);
    ended.catch(() => events.push("ended"));
    await settle();
    expect(events).toEqual(["read 1", "sent 1", "closed"]);
    open.get(1)?.resolve(true);
    await expect(ended).rejects.toThrow("the vendor is away");
    expect(events.slice(3)).toEqual(["stored 1", "ended"]);
  });

  it("stops after what it has read where it is to", async () => {
    const events: string[] = [];
    const stored: number[] = [];
    const store = async (number: number) => stored.push(number) > 0;
    expect(await twoAtATime(numbers(9, events), store, () => stored.length === 2, nobody)).toBe("stopped");
    expect(stored).toEqual([1, 2]);
    expect(events.at(-1)).toBe("closed");
  });
});

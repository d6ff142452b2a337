import { systemClock } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { DeliveryDesk } from "../../src/inbound/delivery-desk.js";

const megabyte = 1024 * 1024;

describe("DeliveryDesk", () => {
  it("answers what the work does, and what it throws", async () => {
    const desk = new DeliveryDesk(systemClock);
    expect(await desk.take(1, async () => "stored")).toBe("stored");
    const failing = desk.take(1, () => Promise.reject(new RangeError("no")));
    await expect(failing).rejects.toThrow(RangeError);
  });

  it("gives up what takes longer than two seconds, however long it goes on", async () => {
    let passed: (() => void) | undefined;
    const waits: number[] = [];
    const sleep = (ms: number) => {
      waits.push(ms);
      return new Promise<void>((resolve) => {
        passed = resolve;
      });
    };
    const taken = new DeliveryDesk({ ...systemClock, sleep }).take(1, () => new Promise(() => undefined));
    passed?.();
    await expect(taken).rejects.toMatchObject({ code: "DELIVERY_NOT_STORED", retryable: true });
    expect(waits).toEqual([2_000]);
  });

  it("takes no more at once than fits into the memory, and goes on when room is made", async () => {
    const desk = new DeliveryDesk(systemClock);
    const { promise: until, resolve: end } = Promise.withResolvers<void>();
    const held = Array.from({ length: 63 }, () => desk.take(megabyte, () => until));
    await expect(desk.take(megabyte, async () => "stored")).rejects.toMatchObject({ code: "DELIVERY_NOT_STORED" });
    expect(await desk.take(1, async () => "stored")).toBe("stored");
    end();
    await Promise.all(held);
    expect(await desk.take(megabyte, async () => "stored")).toBe("stored");
  });

  it("reads no more at once than fits into the memory, and forgets what nobody wants as it comes", async () => {
    const desk = new DeliveryDesk(systemClock);
    const { promise: until, resolve: end } = Promise.withResolvers<void>();
    async function* body(megabytes: number) {
      for (let count = 0; count < megabytes; count += 1) yield Buffer.alloc(megabyte, "a");
      await until;
    }
    const wanted = [desk.read(body(40), true), desk.read(body(23), true)];
    const unwanted = desk.read(body(100), false);
    // By then all of it has come but the end.
    await new Promise(setImmediate);
    await expect(desk.read(body(2), true)).rejects.toMatchObject({ code: "DELIVERY_NOT_STORED" });
    end();
    expect((await Promise.all(wanted)).map(({ length }) => length)).toEqual([40 * megabyte, 23 * megabyte]);
    expect(await unwanted).toHaveLength(0);
    expect(await desk.read(body(64), true)).toHaveLength(64 * megabyte);
  });
});

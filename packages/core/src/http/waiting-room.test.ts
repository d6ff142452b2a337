import { describe, expect, it } from "vitest";
import { WaitingRoom } from "./waiting-room.js";

describe("WaitingRoom", () => {
  it("gives back what was added, in order, once", () => {
    const room = new WaitingRoom();
    expect(room.take()).toBeUndefined();
    expect(room.tryAdd(Buffer.from("one, "))).toBe(true);
    expect(room.tryAdd(Buffer.from("two"))).toBe(true);
    expect(String(room.take())).toBe("one, two");
    expect(room.take()).toBeUndefined();
  });

  it("neither keeps the pieces nor shares what it gave with the next one in the same memory", () => {
    const piece = Buffer.from("first");
    const room = new WaitingRoom();
    room.tryAdd(piece);
    piece.fill("x");
    const taken = room.take();
    const next = new WaitingRoom();
    next.tryAdd(Buffer.from("other"));
    expect(String(taken)).toBe("first");
    expect(String(next.take())).toBe("other");
  });

  it("is full long before it has no room, takes no piece by halves, and is empty when it was cleared", () => {
    const room = new WaitingRoom();
    room.tryAdd(Buffer.alloc(16 * 1024 - 1));
    expect(room.isFull).toBe(false);
    expect(room.tryAdd(Buffer.alloc(64 * 1024))).toBe(true);
    expect(room.isFull).toBe(true);
    expect(room.tryAdd(Buffer.alloc(2))).toBe(false);
    expect(room.tryAdd(Buffer.alloc(1))).toBe(true);
    room.clear();
    expect(room.isFull).toBe(false);
    expect(room.take()).toBeUndefined();
  });
});

import { FakeClock } from "@isthmus/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { type PooledSession, SessionPool } from "./session-pool.js";

class Session implements PooledSession {
  users = 0;
  isClosed = false;
  async close() {
    this.isClosed = true;
  }
}

describe("SessionPool", () => {
  const { signal } = new AbortController();
  let clock: FakeClock;
  let opened: Session[];
  let pool: SessionPool<Session>;
  beforeEach(() => {
    clock = new FakeClock();
    opened = [];
    const open = () => {
      const session = new Session();
      opened.push(session);
      return session;
    };
    pool = new SessionPool({ open, maximum: 2, idleMs: 60_000, clock });
  });

  it("gives a session to one caller at a time, in the order in which they came, and opens no more than it may", async () => {
    const order: number[] = [];
    const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
    const calls = gates.map(({ promise }, at) =>
      pool.use(async (session) => {
        session.users += 1;
        order.push(at);
        expect(session.users).toBe(1);
        await promise;
        session.users -= 1;
      }, signal),
    );
    await Promise.resolve();
    expect(pool.status).toMatchObject({ busy: 2, waiting: 3 });
    for (const { resolve } of gates) resolve();
    await Promise.all(calls);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(opened).toHaveLength(2);
    expect(pool.status).toEqual({ busy: 0, idle: 2, waiting: 0, opened: 2 });
    await pool.close();
    expect(opened.every(({ isClosed }) => isClosed)).toBe(true);
  });

  it("ends a session whose work failed, and gives its place on", async () => {
    await expect(pool.use(() => Promise.reject(new Error("dump")), signal)).rejects.toThrow("dump");
    expect(opened[0]?.isClosed).toBe(true);
    expect(pool.status).toMatchObject({ busy: 0, idle: 0 });
    await pool.use(async (session) => expect(session).not.toBe(opened[0]), signal);
    await pool.close();
  });

  it("ends a session that nobody uses for a while, and only that", async () => {
    await pool.use(async () => undefined, signal);
    const watch = clock.now() + 60_000;
    await expect.poll(() => opened[0]?.isClosed).toBe(true);
    expect(clock.now()).toBe(watch);
    expect(pool.status.idle).toBe(0);
    await pool.close();
  });

  it("stops waiting when the caller gives up, and leaves the line to the others", async () => {
    const held = Promise.withResolvers<void>();
    const holders = [1, 2].map(() => pool.use(() => held.promise, signal));
    const caller = new AbortController();
    const waiting = pool.use(async () => undefined, caller.signal);
    caller.abort(new Error("gave up"));
    await expect(waiting).rejects.toThrow("gave up");
    expect(pool.status.waiting).toBe(0);
    held.resolve();
    await Promise.all(holders);
    await pool.close();
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { ExclusiveSessions } from "./exclusive-sessions.js";
import { HttpSession } from "./http-session.js";

describe("ExclusiveSessions", () => {
  let sent: string[];
  let failNext: boolean;
  let sessions: ExclusiveSessions;
  beforeEach(() => {
    sent = [];
    failNext = false;
    const send = async ({ path }: { readonly path: string }) => {
      sent.push(path);
      if (failNext) throw new Error("away");
      const headers = { "set-cookie": `sap-contextid=${sent.length}; path=/sap` };
      return {
        status: 200,
        headers,
        body: Buffer.alloc(0),
        text: () => "",
        json: () => undefined,
        tryJson: () => undefined,
      };
    };
    const create = () =>
      new HttpSession({
        baseUrl: "https://s4.example.com",
        isStateful: true,
        send,
        stream: () => Promise.reject(new Error("not here")),
        refuse: () => {
          throw new Error("not here");
        },
        now: () => 0,
      });
    sessions = new ExclusiveSessions(create, 2);
  });
  const call = { method: "POST", path: "/sap/bc/soap/rfc" } as const;

  it("gives each caller one of its own, in the order in which they came, and no more at once than it may", async () => {
    const [first, second] = [await sessions.open(), await sessions.open()];
    const order: string[] = [];
    const third = sessions.open().then((session) => {
      order.push("third");
      return session;
    });
    const fourth = sessions.open().then((session) => {
      order.push("fourth");
      return session;
    });
    expect(sessions.status).toEqual({ name: "sessions", open: 2, busy: 2, waiting: 2 });
    await first.close();
    await (await third).close();
    await (await fourth).close();
    await second.close();
    expect(order).toEqual(["third", "fourth"]);
    expect(new Set([first.http, second.http, (await third).http]).size).toBe(3);
    expect(sessions.status).toEqual({ name: "sessions", open: 0, busy: 0, waiting: 0 });
  });

  it("ends the context that the system began, once", async () => {
    const session = await sessions.open();
    await session.http.request(call);
    await session.http.request(call);
    await session.close();
    await session.close();
    expect(sent).toEqual(["/sap/bc/soap/rfc", "/sap/bc/soap/rfc", "/sap/bc/soap/rfc?sap-sessioncmd=close"]);
  });

  it("asks nothing of the system for a session that nobody used, and frees the place of one that could not be ended", async () => {
    await (await sessions.open()).close();
    expect(sent).toEqual([]);
    const session = await sessions.open();
    await session.http.request(call);
    failNext = true;
    await expect(session.close()).rejects.toThrow("away");
    expect(sessions.status.busy).toBe(0);
  });

  it("stops waiting when the caller gives up, and leaves the line to the others", async () => {
    const held = [await sessions.open(), await sessions.open()];
    const caller = new AbortController();
    const waiting = sessions.open(caller.signal);
    caller.abort(new Error("gave up"));
    await expect(waiting).rejects.toThrow("gave up");
    expect(sessions.status.waiting).toBe(0);
    for (const session of held) await session.close();
    await (await sessions.open()).close();
  });
});

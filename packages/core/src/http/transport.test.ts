import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeClock, type FakeClock } from "../../test/support/fake-clock.js";
import { cut, json, type LoopbackServer, reset, startServer } from "../../test/support/loopback-server.js";
import { createTransport } from "./transport.js";
import type { Transport } from "./types.js";

describe("createTransport", () => {
  let server: LoopbackServer;
  let clock: FakeClock;
  let transport: Transport;
  beforeEach(async () => {
    server = await startServer();
    clock = createFakeClock();
    transport = createTransport({ allowedHosts: [], allowedPrivateHosts: [server.host], clock });
  });
  afterEach(async () => {
    await transport.close();
    await server.close();
  });

  it("sends a request and reads the whole answer", async () => {
    server.reply(json({ Id: "1" }, 201, { "x-trace": "t" }));
    const response = await transport.request({
      method: "POST",
      url: `${server.origin}/records?limit=1`,
      headers: { "content-type": "application/json" },
      body: '{"a":1}',
    });
    expect(response.status).toBe(201);
    expect(response.headers["x-trace"]).toBe("t");
    expect(response.json()).toEqual({ Id: "1" });
    expect(server.requests).toMatchObject([{ method: "POST", path: "/records?limit=1", body: '{"a":1}' }]);
    expect(server.requests[0]?.headers["user-agent"]).toBe("isthmus");
  });

  it("repeats an idempotent request whose connection was reset", async () => {
    server.reply(reset(), cut());
    const response = await transport.request({ method: "GET", url: `${server.origin}/a` });
    expect(response.json()).toEqual({ ok: true });
    expect(server.requests).toHaveLength(3);
    expect(clock.sleeps).toHaveLength(2);
  });

  it("sends a request that is not idempotent once, and says that its outcome is unknown", async () => {
    server.reply(reset());
    const request = { method: "POST", url: `${server.origin}/a`, body: "x", reconcile: "Query it." } as const;
    await expect(transport.request(request)).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", reconcile: "Query it." });
    expect(server.requests).toHaveLength(1);
  });
});

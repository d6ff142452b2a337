import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ConnectorError } from "../../src/errors/index.js";
import { openConnectorBench } from "../support/connector-bench.js";
import { FaultyStore } from "../support/faulty-store.js";
import { makeGate } from "../support/gate.js";
import { json, silence } from "../support/loopback-server.js";
import { failureOf } from "../support/oauth-bench.js";

const refused = json({ error: "session" }, 401);

describe("BaseConnector when it sends", () => {
  it("resolves paths against the vendor's address and carries the token", async () => {
    await using bench = await openConnectorBench();
    expect((await bench.connector.call({ path: "/items?limit=2" })).json()).toEqual({ id: "acc-1" });
    expect(bench.vendor.requests[0]).toMatchObject({
      path: "/items?limit=2",
      headers: { authorization: "Bearer access-t0ken-1" },
    });
  });

  it("sends nothing of a token where the scheme has none", async () => {
    await using bench = await openConnectorBench({ method: "api_key" });
    await bench.connector.call();
    expect(bench.vendor.requests[0]?.headers.authorization).toBeUndefined();
  });

  it("renews a refused token and sends once more, with the new one", async () => {
    await using bench = await openConnectorBench();
    bench.on("/items", refused);
    expect((await bench.connector.call({ method: "POST", body: "{}" })).status).toBe(200);
    expect(bench.paths()).toEqual(["/items", "/token", "/items"]);
    expect(bench.vendor.requests[2]).toMatchObject({ body: "{}", headers: { authorization: "Bearer access-t0ken-2" } });
  });

  it("reports a refusal of the new token, and never loops", async () => {
    await using bench = await openConnectorBench();
    bench.on("/items", ...Array(20).fill(refused));
    for (let call = 0; call < 5; call += 1) {
      expect(await failureOf(bench.connector.call())).toMatchObject({ code: "AUTHENTICATION_FAILED" });
    }
    expect(bench.paths().filter((path) => path === "/token")).toHaveLength(1);
    expect(bench.paths().filter((path) => path === "/items")).toHaveLength(6);
  });

  it("lets go of the refused answer's stream, and hands the second one over", async () => {
    await using bench = await openConnectorBench();
    bench.on("/items", refused);
    const response = await bench.connector.stream();
    expect(await text(response.body)).toBe('{"id":"acc-1"}');
    await bench.connector.close();
    await bench.vendor.idle();
  });

  it("renews also when refused streams hold every place at the host that grants tokens", async () => {
    await using bench = await openConnectorBench();
    const refusals = Array.from({ length: 10 }, () => json({ no: "x".repeat(1_000_000) }, 401));
    bench.on("/items", ...refusals);
    const answers = await Promise.all(refusals.map(() => bench.connector.stream()));
    expect(answers.map(({ status }) => status)).toEqual(refusals.map(() => 200));
    for (const { body } of answers) body.destroy();
  });

  it("answers the refusal of a body that was a stream, and has a new token for the next call", async () => {
    await using bench = await openConnectorBench();
    bench.on("/items", refused);
    const upload = () => bench.connector.call({ method: "PUT", body: Readable.from(["a", "b"]) });
    expect(await failureOf(upload())).toMatchObject({ code: "AUTHENTICATION_FAILED", retryable: true });
    expect((await upload()).status).toBe(200);
    expect(bench.vendor.requests.at(-1)).toMatchObject({
      body: "ab",
      headers: { authorization: "Bearer access-t0ken-2" },
    });
  });

  it("does not call a refusal of the new token retryable", async () => {
    await using bench = await openConnectorBench();
    bench.on("/items", refused, refused);
    const upload = () => bench.connector.call({ method: "PUT", body: Readable.from(["a"]) });
    expect(await failureOf(upload())).toMatchObject({ retryable: true });
    expect(await failureOf(upload())).toMatchObject({ code: "AUTHENTICATION_FAILED", retryable: false });
  });

  it("renews a token that is due before it reads a body that can be read once", async () => {
    await using bench = await openConnectorBench();
    bench.clock.advance(3_600_000);
    let readAfter: string[] = [];
    const body = (async function* () {
      readAfter = bench.paths();
      yield Buffer.from("a");
      yield Buffer.from("b");
    })();
    expect((await bench.connector.call({ method: "POST", body })).status).toBe(200);
    expect(readAfter).toEqual(["/token"]);
    expect(bench.vendor.requests.at(-1)).toMatchObject({
      body: "ab",
      headers: { authorization: "Bearer access-t0ken-2" },
    });
  });

  it("ends an iterable body that it cannot send", async () => {
    await using bench = await openConnectorBench({ tokens: null });
    let isEnded = false;
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error("not reached")),
        return: () => {
          isEnded = true;
          return Promise.resolve({ done: true as const, value: undefined });
        },
      }),
    };
    const failing = bench.connector.call({ method: "PUT", body });
    expect(await failureOf(failing)).toMatchObject({ code: "RECONNECT_REQUIRED" });
    await expect.poll(() => isEnded).toBe(true);
  });

  it("opens a stream with a renewed token, and maps a failure by the beginning of its body", async () => {
    await using bench = await openConnectorBench();
    bench.on("/items", refused);
    expect(await text((await bench.connector.open()).body)).toBe('{"id":"acc-1"}');
    bench.on("/items", json({ filler: "x".repeat(5_000_000) }, 404));
    expect(await failureOf(bench.connector.open())).toMatchObject({ code: "NOT_FOUND" });
    await bench.vendor.idle();
  });

  it("maps a streamed failure by its status when its body is cut", async () => {
    await using bench = await openConnectorBench();
    bench.on("/items", (response) => {
      response.writeHead(403, { "content-length": 100 });
      response.write("half", () => response.destroy());
    });
    expect(await failureOf(bench.connector.open())).toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("lets go of a body stream that it cannot send", async () => {
    await using bench = await openConnectorBench({ tokens: null });
    const body = Readable.from(["a"]);
    expect(await failureOf(bench.connector.call({ method: "PUT", body }))).toMatchObject({
      code: "RECONNECT_REQUIRED",
    });
    expect(body.destroyed).toBe(true);
  });

  it.each(["caller's", "connector's"])("ends a request by the %s signal, also when both are there", async (whose) => {
    const connectors = new AbortController();
    const callers = new AbortController();
    await using bench = await openConnectorBench({ signal: connectors.signal });
    bench.on("/items", silence());
    const call = failureOf(bench.connector.call({ signal: callers.signal }));
    await bench.vendor.seen(1);
    (whose === "caller's" ? callers : connectors).abort();
    expect(await call).toMatchObject({ code: "CANCELLED" });
  });

  it("says CANCELLED once it is closed, and sends nothing", async () => {
    await using bench = await openConnectorBench();
    await bench.connector.close();
    expect(await failureOf(bench.connector.call())).toMatchObject({ code: "CANCELLED" });
    expect(bench.vendor.requests).toHaveLength(0);
  });

  it("is not closed before the renewal under way is stored: its refresh token is spent", async () => {
    const storing = makeGate();
    const reached = makeGate();
    await using bench = await openConnectorBench({
      wrap: (store) => {
        const faulty = new FaultyStore(store);
        faulty.beforeCommit = () => {
          reached.open();
          return storing.passed;
        };
        return faulty;
      },
    });
    bench.clock.advance(57 * 60_000);
    await bench.connector.call();
    await reached.passed;
    let isClosed = false;
    const closed = bench.connector.close().then(() => {
      isClosed = true;
    });
    await bench.vendor.idle();
    await nextTurn();
    expect(isClosed).toBe(false);
    storing.open();
    await closed;
    expect((await bench.store.load()).tokens?.refreshToken).toBe("refresh-t0ken-2");
  });
});

describe("BaseConnector.disconnect", () => {
  it("revokes the set that a renewal under way brings, not the one that it spends", async () => {
    await using bench = await openConnectorBench();
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    bench.on("/token", (response, request) => {
      void answered.then(() => json({ access_token: "a-2", refresh_token: "r-2", expires_in: 60 })(response, request));
    });
    bench.clock.advance(57 * 60_000);
    await bench.connector.call();
    await bench.vendor.seen(2);
    const disconnected = bench.connector.disconnect();
    answer();
    expect(await disconnected).toEqual({ revoked: true });
    const revocation = bench.vendor.requests.find(({ path }) => path === "/revoke");
    expect(new URLSearchParams(revocation?.body).get("token")).toBe("r-2");
    expect((await bench.store.load()).tokens).toBeUndefined();
  });

  it("destroys the tokens also when the connector's work is being ended, and says what the vendor was not told", async () => {
    const ending = new AbortController();
    await using bench = await openConnectorBench({ signal: ending.signal });
    bench.on("/revoke", silence());
    const disconnected = bench.connector.disconnect();
    await bench.vendor.seen(1);
    ending.abort();
    expect(await disconnected).toMatchObject({ revoked: false, failure: { code: expect.any(String) } });
    expect((await bench.store.load()).tokens).toBeUndefined();
  });

  it("says the storage's failure when it is away, tells the vendor nothing, and can be repeated", async () => {
    await using bench = await openConnectorBench({ wrap: (store) => new FaultyStore(store) });
    const faulty = bench.store as FaultyStore;
    faulty.failures.load = 1;
    expect(await failureOf(bench.connector.disconnect())).toMatchObject({ message: "The storage is away (load)" });
    expect(bench.vendor.requests).toHaveLength(0);
    expect(bench.events).toEqual([]);
    expect(await bench.connector.disconnect()).toEqual({ revoked: true });
    expect(bench.events.map(([name]) => name)).toEqual(["connector.disconnected"]);
  });
});

describe("BaseConnector.handleCallback", () => {
  it("TEST-003 keeps the stored tokens when the vendor then cannot be asked whose they are: connect goes on from there", async () => {
    await using bench = await openConnectorBench({ tokens: null });
    const { pending } = await bench.connector.getAuthUrl({ redirectUri: "https://app.example/callback" });
    bench.on("/me", json({}, 403));
    const callback = `https://app.example/callback?code=the-code&state=${pending.state}`;
    expect(await failureOf(bench.connector.handleCallback(callback, pending))).toMatchObject({
      code: "PERMISSION_DENIED",
    });
    expect((await bench.store.load()).tokens?.accessToken).toBe("access-t0ken-2");
    expect(bench.events).toEqual([]);
    expect(await bench.connector.connect()).toMatchObject({ id: "acc-1" });
    expect(bench.events.map(([name]) => name)).toEqual(["connector.connected"]);
  });

  it.each([
    ["gives a grant back that has no place any more", 200, []],
    ["says in the log that such a grant lives on at a vendor that does not take it back", 403, ["warn"]],
  ])("%s", async (_title, status, lines) => {
    const logged: string[] = [];
    const line = (level: string) => (facts: unknown, message?: string) =>
      void logged.push(`${level} ${JSON.stringify(facts)} ${message}`);
    const logger = { debug: () => undefined, info: line("info"), warn: line("warn"), error: line("error") };
    await using bench = await openConnectorBench({ tokens: null, wrap: (store) => new FaultyStore(store), logger });
    const faulty = bench.store as FaultyStore;
    const { pending } = await bench.connector.getAuthUrl({ redirectUri: "https://app.example/callback" });
    bench.on("/revoke", json({}, status));
    // Once: a second try would be taken.
    faulty.failures.begin = 1;
    faulty.failure = () => new ConnectorError("NOT_FOUND", "There is no such connection.");
    const callback = `https://app.example/callback?code=the-code&state=${pending.state}`;
    expect(await failureOf(bench.connector.handleCallback(callback, pending))).toMatchObject({ code: "NOT_FOUND" });
    expect(bench.paths()).toEqual(["/token", "/revoke"]);
    expect(bench.vendor.requests.at(-1)?.body.toString()).toContain("refresh-t0ken-2");
    expect((await bench.store.load()).tokens).toBeUndefined();
    expect(logged.map((each) => each.split(" ")[0])).toEqual(lines);
    expect(logged.join()).not.toContain("t0ken");
  });

  it("TEST-003 says UNSUPPORTED where no person is needed", async () => {
    await using bench = await openConnectorBench({ method: "oauth2_client_credentials", tokens: null });
    const started = bench.connector.getAuthUrl({ redirectUri: "https://app.example/callback" });
    expect(await failureOf(started)).toMatchObject({ code: "UNSUPPORTED" });
    expect(bench.vendor.requests).toHaveLength(0);
  });
});

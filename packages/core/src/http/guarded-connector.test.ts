import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.js";
import { type LoopbackServer, startServer } from "../../test/support/loopback-server.js";
import { createGuardedConnector, filterLookup } from "./guarded-connector.js";
import { createTransport } from "./transport.js";

/** A resolver that answers what the test says, one list a question; the last one stays. */
function scriptedLookup(...answers: LookupAddress[][]): LookupFunction & { readonly asked: string[] } {
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, _options, callback) => {
    asked.push(hostname);
    callback(null, (answers.length > 1 ? answers.shift() : answers[0]) ?? []);
  };
  return Object.assign(lookup, { asked });
}

const loopback = { address: "127.0.0.1", family: 4 };
const publicAddress = { address: "198.41.0.4", family: 4 };

describe("a connection", () => {
  let server: LoopbackServer;
  beforeEach(async () => {
    server = await startServer();
  });
  afterEach(() => server.close());

  it("is not made when an allowed name leads to private addresses only", async () => {
    const lookup = scriptedLookup([loopback, { address: "::1", family: 6 }, { address: "10.0.0.1", family: 4 }]);
    const transport = createTransport({ allowedHosts: ["*.example.com"], lookup, clock: createFakeClock() });
    const sending = transport.request({ method: "GET", url: `https://api.example.com:${server.port}/` });
    await expect(sending).rejects.toMatchObject({ code: "FORBIDDEN_TARGET", retryable: false });
    expect(lookup.asked).toEqual(["api.example.com"]);
    expect(server.connections).toBe(0);
    await transport.close();
  });

  it("is judged each time that it is made, so a name that changes its address gains nothing", async () => {
    const lookup = scriptedLookup([loopback]);
    const transport = createTransport({ allowedHosts: ["api.example.com"], lookup, clock: createFakeClock() });
    const url = `https://api.example.com:${server.port}/`;
    // The guard of the URL passes both times: only what is dialled tells.
    transport.assertAllowed(url);
    await expect(transport.request({ method: "GET", url })).rejects.toMatchObject({ code: "FORBIDDEN_TARGET" });
    await expect(transport.request({ method: "POST", url, body: "x" })).rejects.toMatchObject({
      code: "FORBIDDEN_TARGET",
    });
    expect(lookup.asked).toHaveLength(2);
    expect(server.connections).toBe(0);
    await transport.close();
  });

  it("that ended up at a private peer is closed before a byte of HTTP", async () => {
    // A literal address asks no resolver: only the check of the connected peer is left to refuse it.
    const connect = createGuardedConnector({
      connectMs: 5000,
      isPrivateAllowed: false,
      origin: `http://127.0.0.1:${server.port}`,
    });
    const target = { hostname: "127.0.0.1", protocol: "http:", port: String(server.port) };
    const outcome = await new Promise((resolve) => connect(target, (error, socket) => resolve(error ?? socket)));
    expect(outcome).toMatchObject({ code: "FORBIDDEN_TARGET" });
    await server.idle();
    expect(server.requests).toEqual([]);
  });

  it("is made to an exact host and port that may be private", async () => {
    const lookup = scriptedLookup([loopback]);
    const allowedPrivateHosts = [`sap.corp.example:${server.port}`];
    const transport = createTransport({ allowedHosts: [], allowedPrivateHosts, lookup });
    const response = await transport.request({ method: "GET", url: `http://sap.corp.example:${server.port}/` });
    expect(response.status).toBe(200);
    expect(server.requests[0]?.headers.host).toBe(`sap.corp.example:${server.port}`);
    await transport.close();
  });
});

describe("filterLookup", () => {
  const ask = (lookup: LookupFunction, all: boolean) =>
    new Promise<unknown>((resolve) => {
      filterLookup(lookup)("api.example.com", { all }, (error, address) => resolve(error ?? address));
    });

  it("leaves out what is not public and keeps the rest", async () => {
    const lookup = scriptedLookup([loopback, publicAddress]);
    expect(await ask(lookup, true)).toEqual([publicAddress]);
    expect(await ask(lookup, false)).toBe(publicAddress.address);
  });

  it("passes a resolver's failure on", async () => {
    const failure = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
    expect(await ask((_hostname, _options, callback) => callback(failure, []), true)).toBe(failure);
  });
});

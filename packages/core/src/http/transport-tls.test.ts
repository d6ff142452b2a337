import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Authority, createAuthority, type Identity } from "../../test/support/certificates.js";
import { createFakeClock, type FakeClock } from "../../test/support/fake-clock.js";
import { type LoopbackServer, startServer } from "../../test/support/loopback-server.js";
import { ValidationError } from "../errors/index.js";
import type { TlsSource, TransportTls } from "./options.js";
import { createTransport } from "./transport.js";
import type { Transport } from "./types.js";

describe("TLS", () => {
  let authority: Authority;
  let client: Identity;
  let server: LoopbackServer;
  let picky: LoopbackServer;
  let clock: FakeClock;
  const open: Transport[] = [];
  const create = (tls?: TransportTls | TlsSource) => {
    clock = createFakeClock();
    const allowedPrivateHosts = [server.host, picky.host];
    const transport = createTransport({ allowedHosts: [], allowedPrivateHosts, clock, ...(tls && { tls }) });
    open.push(transport);
    return transport;
  };
  beforeAll(async () => {
    authority = await createAuthority();
    const identity = await authority.issueServer(["127.0.0.1"]);
    client = await authority.issueClient("acme");
    server = await startServer(identity);
    picky = await startServer({ ...identity, ca: authority.ca, requestCert: true, rejectUnauthorized: true });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((transport) => transport.close()));
  });
  afterAll(async () => {
    await Promise.all([server.close(), picky.close()]);
  });

  it("trusts the authority that it is told to", async () => {
    const response = await create({ ca: authority.ca }).request({ method: "GET", url: `${server.origin}/` });
    expect(response.json()).toEqual({ ok: true });
  });

  it.each(["GET", "POST"] as const)(
    "refuses a server that nobody trusts, and sends it no %s, not even a second time",
    async (method) => {
      const before = server.requests.length;
      const sending = create().request({ method, url: `${server.origin}/`, body: "x" });
      await expect(sending).rejects.toMatchObject({ code: "CONNECTION_FAILED", retryable: false });
      expect(server.requests).toHaveLength(before);
      expect(clock.sleeps).toEqual([]);
    },
  );

  it("does so whatever NODE_TLS_REJECT_UNAUTHORIZED says", async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    try {
      const sending = create().request({ method: "GET", url: `${server.origin}/` });
      await expect(sending).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
  });

  it("refuses a certificate for another name", async () => {
    const other = await startServer(await authority.issueServer(["other.example"]));
    const transport = createTransport({
      allowedHosts: [],
      allowedPrivateHosts: [other.host],
      tls: { ca: authority.ca },
    });
    open.push(transport);
    const sending = transport.request({ method: "GET", url: `${other.origin}/` });
    await expect(sending).rejects.toMatchObject({ code: "CONNECTION_FAILED", retryable: false });
    await other.close();
  });

  it("shows the client certificate", async () => {
    let shown = "";
    picky.reply((response) => {
      shown = String((response.socket as TLSSocket).getPeerCertificate().subject.CN);
      response.end();
    });
    const response = await create({ ca: authority.ca, ...client }).request({ method: "POST", url: `${picky.origin}/` });
    expect(response.status).toBe(200);
    expect(shown).toBe("acme");
  });

  it("shows the certificate that its source gives, anew for each connection", async () => {
    const shown: string[] = [];
    const identities = [client, await authority.issueClient("acme-2027")];
    const asked: string[] = [];
    const transport = create((origin) => {
      asked.push(origin);
      const identity = identities[Math.min(asked.length, identities.length) - 1];
      return { ca: authority.ca, ...identity };
    });
    for (const _ of identities) {
      picky.reply((response) => {
        shown.push(String((response.socket as TLSSocket).getPeerCertificate().subject.CN));
        response.setHeader("connection", "close");
        response.end();
      });
      await transport.request({ method: "POST", url: `${picky.origin}/` });
    }
    expect(shown).toEqual(["acme", "acme-2027"]);
    expect(asked).toEqual([picky.origin, picky.origin]);
  });

  it("fails with the word of its source, and for a key that cannot be read, and sends nothing", async () => {
    const before = picky.requests.length;
    const refusing = create(async () => {
      throw new ValidationError("There is no such file.");
    });
    await expect(refusing.request({ method: "POST", url: `${picky.origin}/` })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    for (const tls of [{ ...client, key: "no key" }, () => ({ ...client, key: "no key" })]) {
      const sending = create(tls).request({ method: "POST", url: `${picky.origin}/` });
      await expect(sending).rejects.toMatchObject({ code: "CONNECTION_FAILED", retryable: false });
    }
    expect(picky.requests).toHaveLength(before);
    expect(clock.sleeps).toEqual([]);
  });

  it("is ended by a server that does not accept the client certificate", async () => {
    const stranger = await (await createAuthority("Other CA")).issueClient("mallory");
    const before = picky.requests.length;
    for (const tls of [{ ca: authority.ca }, { ca: authority.ca, ...stranger }]) {
      const transport = create(tls);
      // Node's server says why or just hangs up, when a request may be on its way already: what that means depends on the request.
      const url = `${picky.origin}/`;
      await expect(transport.request({ method: "GET", url })).rejects.toMatchObject({
        code: expect.stringMatching(/^(AUTHENTICATION_FAILED|CONNECTION_FAILED)$/),
      });
      await expect(transport.request({ method: "POST", url })).rejects.toMatchObject({
        code: expect.stringMatching(/^(AUTHENTICATION_FAILED|CONNECTION_FAILED|OUTCOME_UNKNOWN)$/),
      });
    }
    expect(picky.requests).toHaveLength(before);
  });
});

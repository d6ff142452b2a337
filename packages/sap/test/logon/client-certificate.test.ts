import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { createFolderFiles } from "@isthmus/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Authority, createAuthority, type Identity } from "../../../core/test/support/certificates.js";
import { type LoopbackServer, startServer } from "../../../core/test/support/loopback-server.js";
import type { SapConnector, SapOptions } from "../../src/index.js";
import { connectTo, metadataDocument, readFixture } from "../support/connect.js";

const dayMs = 86_400_000;
const testCa = readFixture("identity/ca.pem");
const passphrase = "open-sesame";

describe("TEST-005: logon by client certificate", () => {
  let authority: Authority;
  let server: LoopbackServer;
  let folder: string;
  /** Common names of the certificates shown, `-` for none; one for each request. */
  let shown: string[];
  const open: SapConnector[] = [];
  const connect = (credentials: SapOptions["credentials"], options: Parameters<typeof connectTo>[2] = {}) => {
    const configuration = { trustedAuthorities: [authority.ca], ...options.configuration };
    const logon = { authenticationMethod: "client_certificate", credentials } as const;
    const connector = connectTo(server.origin, logon, { ...options, configuration });
    open.push(connector);
    return connector;
  };
  const pem = ({ cert, key }: Identity) => ({ certificate: cert, privateKey: key });

  beforeAll(async () => {
    authority = await createAuthority();
    const identity = await authority.issueServer(["127.0.0.1"]);
    // As SAP's ICM does with `icm/HTTPS/verify_client = 1`: a certificate is asked for, and the logon judges it.
    server = await startServer({
      ...identity,
      ca: [authority.ca, testCa],
      requestCert: true,
      rejectUnauthorized: false,
    });
    server.otherwise((response) => {
      const socket = response.socket as TLSSocket;
      const name = socket.authorized ? String(socket.getPeerCertificate().subject.CN) : "-";
      shown.push(name);
      // So that the next request makes a connection of its own.
      response.setHeader("connection", "close");
      response.setHeader("set-cookie", "SAP_SESSIONID_S4H_100=abc; path=/");
      if (name !== "-") response.writeHead(200, { "content-type": "application/xml" }).end(metadataDocument);
      else
        response.writeHead(401, { "content-type": "text/html" }).end("<html><title>Logon Error Message</title></html>");
    });
    folder = await mkdtemp(join(tmpdir(), "isthmus-sap-"));
  });
  beforeEach(() => {
    shown = [];
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((connector) => connector.close()));
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  it("shows a certificate in PEM, and names system, client and host", async () => {
    const connector = connect(pem(await authority.issueClient("ACME")));
    const test = await connector.testConnection();
    expect(test).toMatchObject({ ok: true, account: { id: "S4H/100" } });
    expect(test.account?.name).toBe(`S4H at ${server.host}, client 100`);
    expect(test.checks.map(({ name, ok }) => [name, ok])).toEqual([
      ["identity", true],
      ["certificate", true],
      ["service:partners", true],
    ]);
    expect(new Set(shown)).toEqual(new Set(["ACME"]));
  });

  it.each([
    ["a PKCS #12 container", { pfx: readFixture("identity/client.pfx.base64").replaceAll("\n", ""), passphrase }],
    [
      "an encrypted key",
      {
        certificate: readFixture("identity/client.pem"),
        privateKey: readFixture("identity/client-encrypted.key"),
        passphrase,
      },
    ],
  ])("shows the certificate of %s", async (_name, credentials) => {
    const connector = connect(credentials);
    await connector.connect();
    expect(shown).toEqual(["ISTHMUS_TEST"]);
    expect(await connector.clientCertificate()).toMatchObject({
      subject: expect.stringContaining("CN=ISTHMUS_TEST"),
      fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}/),
    });
  });

  it("says of one that the system does not know what to look at, and does not try it again by itself", async () => {
    const stranger = await (await createAuthority("Other CA")).issueClient("MALLORY");
    const connector = connect(pem(stranger));
    await expect(connector.connect()).rejects.toMatchObject({
      code: "AUTHENTICATION_FAILED",
      retryable: false,
      message: expect.stringContaining("CERTRULE"),
      vendor: { status: 401, message: "Logon Error Message" },
    });
    expect(shown).toEqual(["-"]);
  });

  it("says that one has expired, before a connection is made", async () => {
    const before = server.connections;
    const expired = connect(pem(await authority.issueClient("OLD", new Date(Date.now() - 1_000))));
    await expect(expired.connect()).rejects.toMatchObject({
      code: "AUTHENTICATION_FAILED",
      message: expect.stringContaining("has expired"),
    });
    expect(server.connections).toBe(before);
  });

  it("says of a password logon without one that user and password are refused", async () => {
    const logon = { authenticationMethod: "basic", credentials: { username: "ADA", password: "secret" } } as const;
    const connector = connectTo(server.origin, logon, { configuration: { trustedAuthorities: [authority.ca] } });
    open.push(connector);
    await expect(connector.connect()).rejects.toMatchObject({
      code: "AUTHENTICATION_FAILED",
      message: expect.stringContaining("user and password"),
    });
  });

  it("warns of one that ends within 30 days", async () => {
    const warned: unknown[] = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (fields: unknown) => void warned.push(fields) };
    const inTenDays = new Date(Date.now() + 10 * dayMs + 3_600_000);
    const connector = connect(pem(await authority.issueClient("SOON", inTenDays)), { logger });
    const { ok, checks } = await connector.testConnection();
    expect(ok).toBe(true);
    expect(checks.find(({ name }) => name === "certificate")?.detail).toContain("in 10 days");
    expect(warned).toEqual([{ validTo: expect.any(String), daysLeft: 10 }]);
  });

  it("takes a certificate that is replaced in the operator's folder for the next connection", async () => {
    const put = async ({ cert, key }: Identity) => {
      await Promise.all([writeFile(join(folder, "acme.pem"), cert), writeFile(join(folder, "acme.key"), key)]);
    };
    await put(await authority.issueClient("ACME-2026"));
    const files = createFolderFiles(folder);
    const connector = connect({ certificateFile: "acme.pem", privateKeyFile: "acme.key" }, { files });
    await connector.connect();
    await put(await authority.issueClient("ACME-2027-RENEWED"));
    await connector.connect();
    expect(shown).toEqual(["ACME-2026", "ACME-2027-RENEWED"]);
  });

  it("never lets two tenants with different certificates share a connection", async () => {
    const names = ["TENANT-A", "TENANT-B"];
    const connectors = await Promise.all(names.map(async (name) => connect(pem(await authority.issueClient(name)))));
    for (let round = 0; round < 3; round += 1) {
      shown = [];
      for (const connector of connectors) await connector.connect();
      expect(shown).toEqual(names);
    }
  });

  it.each([
    [
      "a wrong passphrase",
      { pfx: readFixture("identity/client.pfx.base64").replaceAll("\n", ""), passphrase: "no" },
      "passphrase",
    ],
    ["a legacy container", { pfx: readFixture("identity/legacy.pfx.base64").replaceAll("\n", ""), passphrase }, "AES"],
    ["a missing file", { certificateFile: "none.pem", privateKeyFile: "none.key" }, "none."],
  ])("refuses %s with what to do, and sends nothing", async (_name, credentials, words) => {
    const before = server.connections;
    const failure = connect(credentials, { files: createFolderFiles(folder) }).connect();
    await expect(failure).rejects.toMatchObject({ code: "VALIDATION_FAILED", message: expect.stringContaining(words) });
    expect(server.connections).toBe(before);
  });

  it("refuses a key of another certificate", async () => {
    const [one, other] = await Promise.all([authority.issueClient("ONE"), authority.issueClient("OTHER")]);
    await expect(connect({ certificate: one.cert, privateKey: other.key }).connect()).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: expect.stringContaining("does not belong"),
    });
  });
});

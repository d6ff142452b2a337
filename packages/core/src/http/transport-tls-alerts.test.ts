import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Authority, createAuthority, type Identity } from "../../test/support/certificates.js";
import { createTransport } from "./transport.js";

// By a TLS stack that is not Node's, as systems have it.
describe.skipIf(spawnSync("openssl", ["version"]).status !== 0)(
  "a server that judges certificates in the handshake",
  () => {
    let authority: Authority;
    let folder: string;
    let child: ChildProcess;
    let host: string;

    beforeAll(async () => {
      authority = await createAuthority();
      const { cert, key } = await authority.issueServer(["127.0.0.1"]);
      folder = await mkdtemp(join(tmpdir(), "isthmus-tls-"));
      const files = { "server.pem": cert, "server.key": key, "ca.pem": authority.ca };
      await Promise.all(Object.entries(files).map(([name, content]) => writeFile(join(folder, name), content)));
      child = spawn(
        "openssl",
        ["s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key", "-CAfile", "ca.pem"].concat(
          [...["-Verify", "2", "-verify_return_error", "-www"]],
        ),
        { cwd: folder, stdio: ["ignore", "pipe", "ignore"] },
      );
      host = `127.0.0.1:${await readPort(child)}`;
    });
    afterAll(async () => {
      const ended = once(child, "exit");
      child.kill();
      await ended;
      await rm(folder, { recursive: true });
    });

    async function ask(method: "GET" | "POST", identity?: Identity) {
      const transport = createTransport({
        allowedHosts: [],
        allowedPrivateHosts: [host],
        tls: { ca: authority.ca, ...identity },
      });
      try {
        return await transport.request({ method, url: `https://${host}/` });
      } catch (error) {
        return error;
      } finally {
        await transport.close();
      }
    }

    it("takes a good one", async () => {
      expect(await ask("GET", await authority.issueClient("acme"))).toMatchObject({ status: 200 });
    });

    it("says that it wants one", async () => {
      expect(await ask("POST")).toMatchObject({
        code: "AUTHENTICATION_FAILED",
        retryable: false,
        message: expect.stringContaining("asks for a client certificate"),
      });
    });

    it("says that it does not know who issued it", async () => {
      const stranger = await (await createAuthority("Other CA")).issueClient("mallory");
      expect(await ask("POST", stranger)).toMatchObject({ code: "AUTHENTICATION_FAILED", retryable: false });
    });

    it("says that it has expired", async () => {
      expect(await ask("POST", await authority.issueClient("old", new Date(Date.now() - 1_000)))).toMatchObject({
        code: "AUTHENTICATION_FAILED",
        message: expect.stringContaining("has expired"),
      });
    });
  },
);

/** OpenSSL says `ACCEPT 127.0.0.1:41234` once it listens. */
async function readPort({ stdout }: ChildProcess): Promise<string> {
  let said = "";
  for await (const piece of stdout ?? []) {
    said += String(piece);
    const port = /ACCEPT \S*:(\d+)/.exec(said)?.[1];
    if (port !== undefined) {
      stdout?.resume();
      return port;
    }
  }
  throw new Error(`OpenSSL did not listen: ${said}`);
}

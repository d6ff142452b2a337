import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { runCommand } from "../src/run-command.js";
import { startCli } from "./cli-process.js";

const platformKey = "a-platform-key-of-the-tests-0123456789";
const rotation = {
  id: "r1",
  dataKeys: false,
  keyEncryptionKeyId: "k2",
  status: "running",
  progress: { dataKeys: { done: 0, failed: 0, total: 1 }, values: { done: 0, failed: 0, total: 0 } },
  failure: null,
  waiting: null,
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: null,
};
const json =
  (body: object): RequestListener =>
  (_, response) =>
    response.setHeader("content-type", "application/json").end(JSON.stringify(body));
const proxyPage: RequestListener = (_, response) => response.writeHead(502).end("<h1>Bad Gateway</h1>");
const breakOff: RequestListener = (_, response) => {
  response.writeHead(200, { "content-length": "100" }).write('{"id":');
  setTimeout(() => response.destroy(), 20);
};
const completed = json({ ...rotation, status: "completed" });

describe("what answers the command line", { timeout: 20_000 }, () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    vi.restoreAllMocks();
    for (const end of ends.splice(0)) end();
  });

  /** Gives each answer once, the last one for ever. */
  async function serve(...answers: RequestListener[]): Promise<string> {
    let count = 0;
    const server = createServer((request, response) => {
      answers[Math.min(count, answers.length - 1)]?.(request, response);
      count += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ends.push(() => server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  async function run(argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    let stdout = "";
    let stderr = "";
    const code = await runCommand(argv, {
      environment: { ISTHMUS_PLATFORM_KEY: platformKey, ...environment },
      version: "1.2.3",
      isTerminal: false,
      write: (text) => {
        stdout += text;
      },
      writeError: (text) => {
        stderr += text;
      },
      whenInterrupted: () => new AbortController().signal,
      openLines: () => Promise.reject(new Error("no file")),
    });
    return { code, stdout, stderr };
  }

  it("is waited for while it restarts behind a proxy, or breaks off", async () => {
    const url = await serve(json(rotation), proxyPage, breakOff, completed);
    const { code, stdout, stderr } = await run(["--url", url, "keys", "rotate"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/completed, to k2: 0 of 1 data keys\n$/);
  });

  it.each([
    ["a proxy", proxyPage, /^UNEXPECTED_RESPONSE: .* has no service behind it for now \(status 502\)/],
    ["half an answer", breakOff, /^CONNECTION_FAILED: .* broke off in the middle/],
    ["another website", json({}), /^UNEXPECTED_RESPONSE: .* \(200\) is no Isthmus service/],
    [
      "a redirect",
      ((_, response) => response.writeHead(302, { location: "https://x.example.com" }).end()) as RequestListener,
      /^UNEXPECTED_RESPONSE: .* redirects \(status 302\)/,
    ],
  ])("is told in words: %s", async (_, answer, words) => {
    const url = await serve(answer);
    const { code, stdout, stderr } = await run(["--url", url, "keys"]);
    expect([code, stdout, stderr]).toEqual([1, "", expect.stringMatching(words)]);
  });

  it("is told in JSON to machines, a wrong call too", async () => {
    const failed = await run(["--url", await serve(proxyPage), "keys", "--json"]);
    expect(JSON.parse(failed.stderr)).toMatchObject({ code: "UNEXPECTED_RESPONSE", retryable: true });
    for (const argv of [
      ["--json", "--url", "ftp://x", "keys"],
      ["--json", "keys", "frobnicate"],
    ]) {
      const { code, stderr } = await run(argv);
      expect([code, JSON.parse(stderr)]).toEqual([2, { code: "USAGE", detail: expect.any(String) }]);
    }
  });

  it("may have no process that works at the rotation, which is said once", async () => {
    const url = await serve(...Array.from({ length: 5 }, () => json(rotation)), completed);
    let nowMs = 0;
    vi.spyOn(Date, "now").mockImplementation(() => {
      nowMs += 3_000;
      return nowMs;
    });
    const { code, stderr } = await run(["--url", url, "keys", "rotate"]);
    expect(code).toBe(0);
    expect(stderr.match(/have k2 first\?/g)).toHaveLength(1);
  });

  it.each([
    "ftp://example.com",
    "https://admin:s3cr3t@example.com",
    "https://example.com/?token=s3cr3t",
    "https://example.com/#s3cr3t",
    "example.com",
  ])("is asked at no other address than one of a service: %s", async (url) => {
    for (const running of [run(["--url", url, "keys"]), run(["keys"], { ISTHMUS_URL: url })]) {
      const { code, stderr } = await running;
      expect(code).toBe(2);
      expect(stderr).toMatch(/^(?:--url|ISTHMUS_URL) has to be the http or https address/);
      expect(stderr).not.toMatch(/s3cr3t|admin/);
    }
  });

  it("is sent no key that it could not be sent, nor a key over plain http without a warning", async () => {
    const broken = await run(["keys"], { ISTHMUS_PLATFORM_KEY: "two words\n" });
    expect([broken.code, broken.stderr]).toEqual([2, expect.stringMatching(/no header can carry/)]);
    expect(broken.stderr).not.toContain("two words");
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new Error("not here"));
    const warning = /^The platform key goes to isthmus\.example\.com over plain http/;
    expect((await run(["--url", "http://isthmus.example.com/api/", "keys"])).stderr).toMatch(warning);
    for (const url of ["https://isthmus.example.com", "http://localhost:3000", "http://[::1]:3000"]) {
      expect((await run(["--url", url, "keys"])).stderr).toBe(`CONNECTION_FAILED: No service answers at ${url}.\n`);
    }
  });

  it("is asked nothing for the version", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, stdout: "1.2.3\n", stderr: "" });
    const { code, stdout } = await startCli(["--version"], {}).ended;
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });

  it("has a reader that may go: the end is quiet", async () => {
    const { child, ended } = startCli(["keys", "generate"], {});
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ code: 141, stderr: "" });
  });
});

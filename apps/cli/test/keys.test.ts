import { LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useServerDatabase } from "../../api/test/support/server-database.js";
import { platformKey, sandboxConnector, startTestService, type TestService } from "../../api/test/support/service.js";
import { WatchedKeys } from "../../api/test/support/watched-keys.js";
import { startCli } from "./cli-process.js";

describe("isthmus keys", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  const [k1, k2] = [LocalKeyring.generate("k1"), LocalKeyring.generate("k2")];
  const keys = new WatchedKeys(`${k2},${k1}`);
  const stopping = new AbortController();
  let service: TestService;
  let working: Promise<void>;

  beforeAll(async () => {
    const before = await startTestService(get().database, { keys: k1 });
    const { api } = await before.createTenant();
    expect((await api.post("/v1/connectors", sandboxConnector(before))).status).toBe(201);
    await before.close();
    service = await startTestService(get().database, { keyProvider: keys, batchSize: 1 });
    working = service.keyRotations.run(stopping.signal);
  });
  afterAll(async () => {
    stopping.abort();
    await working;
    await service?.close();
  });

  const start = (...argv: string[]) =>
    startCli(["keys", ...argv], { ISTHMUS_URL: service.url, ISTHMUS_PLATFORM_KEY: platformKey });
  const run = (...argv: string[]) => start(...argv).ended;

  it("says that there is nothing to stop or to resume before the first rotation", async () => {
    for (const command of ["stop", "resume"]) {
      const failed = { code: 1, stdout: "", stderr: "NOT_FOUND: There was no rotation of keys yet.\n" };
      expect(await run(command)).toEqual(failed);
    }
  });

  it("shows what each key wraps, and that nothing was rotated yet", async () => {
    const { code, stdout } = await run();
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "key  data keys  (provider: local)",
      "k2           0  current",
      "k1           1",
      "",
      "Data keys: 1 active, 0 retired",
      "No rotation yet.",
      "",
    ]);
  });

  it("leaves a rotation at work when Ctrl-C ends the waiting, shows it, stops it, and lets it go on", async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    keys.beforeWrap = () => released;
    const waiting = start("rotate");
    await expect.poll(waiting.stdout, { timeout: 20_000 }).toContain("running, to k2: 0 of 1 data keys\n");
    waiting.child.kill("SIGINT");
    const { code, stderr } = await waiting.ended;
    expect([code, stderr]).toEqual([130, expect.stringContaining("The rotation goes on in the service")]);

    const second = await run("rotate", "--no-wait");
    expect([second.code, second.stdout]).toEqual([1, ""]);
    expect(second.stderr).toMatch(/^KEY_ROTATION_RUNNING: A rotation of keys runs already\./);
    expect(await run("stop")).toMatchObject({ code: 0, stdout: "stopped, to k2: 0 of 1 data keys\n" });
    release();
    keys.beforeWrap = () => undefined;
    const resumed = await run("resume");
    expect(resumed).toMatchObject({ code: 0, stderr: "" });
    expect(resumed.stdout).toMatch(/completed, to k2: 1 of 1 data keys\n$/);
    expect((await run()).stdout).toContain("k1           0  wraps nothing");
  });

  it("seals values again and prints one JSON document for machines", async () => {
    const { code, stdout } = await run("rotate", "--data-keys", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      dataKeys: true,
      status: "completed",
      progress: { dataKeys: { done: 2, failed: 0 }, values: { done: 1, failed: 0 } },
    });
    expect(JSON.parse((await run("--json")).stdout)).toMatchObject({ dataKeys: { active: 2, retired: 1 } });
  });

  it("ends with 1 when something did not open, and says what", async () => {
    const { server, url } = get();
    const superuser = await server.connectAsSuperuser(url);
    await superuser.query(
      `update connectors set credentials = jsonb_set(credentials, '{tag}', '"AAAAAAAAAAAAAAAAAAAAAA"')`,
    );
    await superuser.end();
    const { code, stdout } = await run("rotate", "--data-keys");
    expect(code).toBe(1);
    expect(stdout).toMatch(/completed, to k2: .*0 of 1 values \(1 failed\), last failure SEALED_VALUE_UNREADABLE: /);
    expect((await run()).stdout).toContain("\nValues under retired data keys: 1\n");
  });

  it("shows a refusal as code and detail, without the key, and ends with 1", async () => {
    const wrong = "a-platform-key-that-is-not-the-right-one";
    const refused = await startCli(["keys"], { ISTHMUS_URL: service.url, ISTHMUS_PLATFORM_KEY: wrong }).ended;
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toMatch(/^UNAUTHENTICATED: Send the platform key/);
    expect(refused.stderr).not.toContain(wrong);
    const away = await startCli(["--url", "http://127.0.0.1:9", "keys"], { ISTHMUS_PLATFORM_KEY: wrong }).ended;
    expect(away).toMatchObject({ code: 1, stderr: "CONNECTION_FAILED: No service answers at http://127.0.0.1:9.\n" });
  });

  it("ends with 2 when it is called in a wrong way", async () => {
    const keyless = await startCli(["keys"], {}).ended;
    expect([keyless.code, keyless.stderr]).toEqual([2, expect.stringContaining("ISTHMUS_PLATFORM_KEY")]);
    expect(await run("frobnicate")).toMatchObject({ code: 2, stdout: "" });
    expect(await run("rotate", "--fast")).toMatchObject({ code: 2, stdout: "" });
    expect((await run("--url", "ftp://x")).code).toBe(2);
    expect(await run("rotate", "--help")).toMatchObject({ code: 0, stderr: "" });
  });

  it("makes a key that the service takes, and asks nobody for it", async () => {
    const { code, stdout } = await startCli(["keys", "generate", "k9"], {}).ended;
    expect(code).toBe(0);
    expect(LocalKeyring.parse(stdout).currentKeyId).toBe("k9");
    expect(await startCli(["keys", "generate", "not an id"], {}).ended).toMatchObject({ code: 2, stdout: "" });
  });
});

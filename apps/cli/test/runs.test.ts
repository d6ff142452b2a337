import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LoadsService, startLoadsService } from "../../api/test/support/loads/loads-service.js";
import { useServerDatabase } from "../../api/test/support/server-database.js";
import { startCli } from "./cli-process.js";

describe("isthmus runs", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  let bench: LoadsService;

  beforeAll(async () => {
    bench = await startLoadsService(get().database);
  });
  afterAll(() => bench?.close());

  const start = (...argv: string[]) =>
    startCli(["runs", ...argv], { ISTHMUS_URL: bench.service.url, ISTHMUS_API_KEY: bench.tenant.apiKey });
  const run = (...argv: string[]) => start(...argv).ended;

  it("says that there is no run yet, and which key it wants", async () => {
    expect(await run()).toEqual({ code: 0, stdout: "No operation run.\n", stderr: "" });
    const keyless = await startCli(["runs"], { ISTHMUS_URL: bench.service.url }).ended;
    expect(keyless).toEqual({ code: 2, stdout: "", stderr: "Set ISTHMUS_API_KEY to an API key of the service.\n" });
  });

  it("watches a run to its end", async () => {
    const { id } = (await bench.load()).body;
    const watching = start("watch", id);
    await expect.poll(watching.stdout, { timeout: 20_000 }).toContain(`${id} rows.load running: 0 records\n`);
    await bench.work();
    await bench.work();
    const { code, stdout } = await watching.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/rows\.load succeeded: 3 of 3 records\n$/);
    const listed = await run("--status", "succeeded");
    expect(listed).toMatchObject({ code: 0, stdout: `${id} rows.load succeeded: 3 of 3 records\n` });
  });

  it("leaves a run at work when Ctrl-C ends the watching, and cancels it", async () => {
    const { id } = (await bench.load()).body;
    const watching = start("watch", id);
    await expect.poll(watching.stdout, { timeout: 20_000 }).toContain("running");
    watching.child.kill("SIGINT");
    const interrupted = await watching.ended;
    expect([interrupted.code, interrupted.stderr]).toEqual([130, expect.stringContaining("goes on in the service")]);
    expect(await run("cancel", id)).toMatchObject({ code: 0, stdout: `${id} rows.load cancelled: 0 records\n` });
    expect(await run("cancel", "nothing")).toMatchObject({ code: 1, stderr: expect.stringContaining("VALIDATION") });
    const ended = await run("watch", id, "--json");
    expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([1, { id, status: "cancelled" }]);
  });
});

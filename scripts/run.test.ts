import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "isthmus run "));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A project in a folder with a space in its name. Its pnpm, its vitest and its start are the test's own. */
function makeProject(pnpm: string): { run: string; env: NodeJS.ProcessEnv } {
  const root = mkdtempSync(join(folder, "project "));
  const files = {
    "package.json": `{ "packageManager": "pnpm@1.2.3+sha512.abc" }`,
    "bin/pnpm": `#!/bin/sh\n${pnpm}\n`,
    "node_modules/.modules.yaml": "",
    "node_modules/vitest/vitest.mjs": "console.log(JSON.stringify(process.argv.slice(2)));",
    "scripts/start.mjs": `
      process.on("SIGTERM", () => process.exit(7));
      setInterval(() => undefined, 1_000);
      console.log("started");`,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  chmodSync(join(root, "bin/pnpm"), 0o755);
  cpSync(new URL("run.mjs", import.meta.url), join(root, "scripts/run.mjs"));
  return { run: join(root, "scripts/run.mjs"), env: { PATH: `${join(root, "bin")}:/usr/bin:/bin` } };
}

const pnpmThatWorks = `if [ "$1" = --version ]; then echo 1.2.3; fi`;
const pnpmThatFails = (step: string, code: number) =>
  `${pnpmThatWorks}\nif [ "$1" = ${step} ]; then echo "no room"; exit ${code}; fi`;

describe.skipIf(process.platform === "win32")("scripts/run.mjs", () => {
  it("hands the caller's arguments to vitest as they are", () => {
    const { run, env } = makeProject(pnpmThatWorks);
    const args = ["packages/core", "-t", `a "title" with $PATH & spaces`];
    const { stdout, status } = spawnSync(process.execPath, [run, "test", ...args], { env, encoding: "utf8" });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(["run", ...args]);
  });

  it("passes signals on to what it started, and its exit code back", async () => {
    const { run, env } = makeProject(pnpmThatWorks);
    const child = spawn(process.execPath, [run, "start"], { env, stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([7, null]);
  });

  it("shows what the install said when it fails, and starts nothing", () => {
    const { run, env } = makeProject(pnpmThatFails("install", 3));
    const { stdout, stderr, status } = spawnSync(process.execPath, [run, "start"], { env, encoding: "utf8" });
    expect(status).toBe(3);
    expect(stderr).toContain("no room");
    expect(stdout).not.toContain("started");
  });

  it("ends when the build fails", () => {
    const { run, env } = makeProject(pnpmThatFails("build", 4));
    expect(spawnSync(process.execPath, [run, "test"], { env }).status).toBe(4);
  });

  it("does not fetch tools again when those it fetched are not the right ones", () => {
    const { run, env } = makeProject("echo 9.9.9");
    const again = { ...env, ISTHMUS_RUN_AGAIN: "1" };
    const { stderr, status } = spawnSync(process.execPath, [run, "test"], { env: again, encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toContain("without pnpm 1.2.3");
  });

  it("says how it is used", () => {
    const { run, env } = makeProject(pnpmThatWorks);
    const { stderr, status } = spawnSync(process.execPath, [run], { env, encoding: "utf8" });
    expect(status).toBe(2);
    expect(stderr).toContain("Usage");
  });
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { silentLogger } from "@isthmus/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/database/index.js";

const sources = new URL("../../../../vitest.sources.mjs", import.meta.url).href;
const program = fileURLToPath(new URL("../support/hold-database.ts", import.meta.url));

describe("the lock of an embedded data directory", () => {
  let dataDirectory: string;
  let children: ChildProcess[];

  beforeEach(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), "isthmus-lock-"));
    children = [];
  });
  afterEach(async () => {
    for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await rm(dataDirectory, { recursive: true, force: true });
  });

  /** Starts a process that opens the database, and waits for the one line that it says. */
  async function startHolder(): Promise<{ child: ChildProcess; answer: Record<string, unknown> }> {
    const child = spawn(process.execPath, ["--liftoff-only", "--import", sources, program, dataDirectory], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    return { child, answer: JSON.parse(String(line)) };
  }

  const open = () => openDatabase({ dataDirectory, logger: silentLogger });

  it("refuses a second process, naming the first, and is free at once after kill -9, with no row lost", async () => {
    const { child, answer } = await startHolder();
    expect(answer).toEqual({ tenantId: expect.any(String) });

    await expect(open()).rejects.toMatchObject({
      code: "DATA_DIRECTORY_LOCKED",
      retryable: false,
      holder: { pid: child.pid, host: expect.any(String), startedAt: expect.any(String) },
      message: expect.stringContaining(`process ${child.pid}`),
    });
    const second = await startHolder();
    expect(second.answer).toMatchObject({ code: "DATA_DIRECTORY_LOCKED" });

    child.kill("SIGKILL");
    await once(child, "exit");
    const database = await open();
    const tenants = await database.asSystem((system) => system.listTenants({ limit: 10 }));
    expect(tenants.rows.map((row) => row.id)).toEqual([answer.tenantId]);
    await database.close();
  });

  it("refuses a second opening in the same process, until the first is closed", async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({ code: "DATA_DIRECTORY_LOCKED", holder: { pid: process.pid } });
    await first.close();
    const again = await open();
    await again.close();
  });
});

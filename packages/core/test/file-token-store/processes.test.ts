import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isConnectorError, systemClock } from "@isthmus/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openManager } from "./managers.js";
import { startRefreshProcess } from "./refresh-process.js";
import { type RotatingGrant, startRotatingGrant } from "./rotating-grant.js";
import { testKeys as keys, openStore } from "./stores.js";

let folder: string;
let grant: RotatingGrant;

// Somebody has connected, and the access token has ended.
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "isthmus-token-files-"));
  grant = await startRotatingGrant();
  await connect(1, Date.now() - 1);
});
afterEach(async () => {
  await grant[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** As a person does, who is granted the `n`-th pair. */
async function connect(n: number, expiresAtMs: number): Promise<void> {
  const store = openStore(folder, keys);
  const begun = await store.begin({ purpose: "authorize", version: 0, leaseMs: 40_000 });
  if (begun.outcome !== "begun") throw new Error(begun.outcome);
  const tokens = { accessToken: `access-t0ken-${n}`, refreshToken: `refresh-t0ken-${n}`, tokenType: "Bearer" };
  const times = { issuedAtMs: expiresAtMs - 3_600_000, expiresAtMs };
  await store.commit(begun.attemptId, { tokens: { ...tokens, ...times, attributes: {} }, refreshAtMs: undefined });
}

/** What a program gets that is started when the lease of whoever was killed is over. */
async function startAnew(): Promise<string> {
  const later = { ...systemClock, now: () => Date.now() + 60_000 };
  const { manager, close } = openManager(openStore(folder, keys, { clock: later }), grant.origin, later);
  try {
    return (await manager.accessToken()).value;
  } catch (error) {
    if (!isConnectorError(error)) throw error;
    return error.code;
  } finally {
    await manager.close();
    await close();
  }
}

async function readFolder(): Promise<string> {
  const names = await readdir(folder);
  expect(names).toEqual(expect.arrayContaining(["connection-acme%2Feu.json", "data-keys.json"]));
  return (await Promise.all(names.map((name) => readFile(join(folder, name), "latin1")))).join("\n");
}

describe("FileTokenStore among processes", () => {
  it("lets one of two processes refresh, and the other use the result", async () => {
    await using first = startRefreshProcess({ folder, keys, origin: grant.origin });
    await using second = startRefreshProcess({ folder, keys, origin: grant.origin });
    const outcomes = await Promise.all([first.line("begin"), second.line("begin")]);
    expect(outcomes.toSorted()).toEqual(["begun", "held"]);
    grant.answer();
    expect(await Promise.all([first.line("token"), second.line("token")])).toEqual([
      "access-t0ken-2",
      "access-t0ken-2",
    ]);
    expect(grant.sent).toEqual(["refresh-t0ken-1"]);
    expect(await readFolder()).not.toMatch(/t0ken/);
  });

  it("has made the intent durable before the call, and the tokens before they are used", async () => {
    grant.answer();
    await using refresh = startRefreshProcess({ folder, keys, origin: grant.origin });
    await refresh.line("token");
    const written = ["synced the file", "renamed", "synced the folder"];
    expect(refresh.lines).toEqual([...written, "begin begun", ...written, "token access-t0ken-2"]);
  });

  it("lets a process that was frozen past its lease overwrite nothing that came after it", async () => {
    await using frozen = startRefreshProcess({ folder, keys, origin: grant.origin });
    await grant.called;
    frozen.child.kill("SIGSTOP");
    expect(await startAnew()).toBe("RECONNECT_REQUIRED");
    await connect(9, Date.now() + 3_600_000);
    grant.answer();
    frozen.child.kill("SIGCONT");
    expect(await frozen.line("token")).toBe("access-t0ken-9");
    expect(await openStore(folder, keys).load()).toMatchObject({
      version: 2,
      tokens: { accessToken: "access-t0ken-9" },
    });
    expect(grant.sent).toEqual(["refresh-t0ken-1"]);
  });

  const [works, reconnect] = ["access-t0ken-2", "RECONNECT_REQUIRED"];
  it.each([
    ["begin: half written", works, 0],
    ["begin: before the new name", works, 0],
    ["begin: after the new name", reconnect, 0],
    ["before the call", reconnect, 0],
    ["during the call", reconnect, 1],
    ["answered, before the commit", reconnect, 1],
    ["commit: half written", reconnect, 1],
    ["commit: before the new name", reconnect, 1],
    ["commit: after the new name", works, 1],
    ["after the commit", works, 1],
  ])("survives kill -9 at the point «%s»: %s", async (point, result, callsBefore) => {
    await using killed = startRefreshProcess({ folder, keys, origin: grant.origin, stopAt: point });
    if (point === "during the call") {
      await grant.called;
    } else {
      grant.answer();
      expect(await killed.line("at")).toBe(point);
    }
    await killed.kill();
    expect(grant.sent).toHaveLength(callsBefore);
    expect(await readFolder()).not.toMatch(/t0ken/);

    grant.answer();
    expect([await startAnew(), await startAnew()]).toEqual([result, result]);
    expect(grant.reused).toBe(0);
    expect(grant.sent).toHaveLength(result === works ? 1 : callsBefore);
  });
});

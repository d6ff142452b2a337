import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { LocalKeyring, type TokenStore } from "@isthmus/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileDataKeyStore, openFileVault } from "../../examples/file-token-store.js";
import { ManualClock } from "../support/manual-clock.js";
import { openStore, testKeys } from "./stores.js";

let folder: string;
const clock = new ManualClock();
const file = () => join(folder, "connection-acme%2Feu.json");

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "isthmus-token-files-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function connect(store: TokenStore): Promise<string> {
  const begun = await store.begin({ purpose: "authorize", version: 0, leaseMs: 40_000 });
  if (begun.outcome !== "begun") throw new Error(begun.outcome);
  const tokens = { accessToken: "a", tokenType: "Bearer", issuedAtMs: clock.now(), attributes: {} };
  await store.commit(begun.attemptId, { tokens, refreshAtMs: undefined });
  return begun.attemptId;
}

describe("FileTokenStore", () => {
  it("fails retryably, and changes nothing, while another process does not let the lock go", async () => {
    const store = openStore(folder, testKeys, { lockWaitMs: 30 });
    await connect(store);
    const other = new DatabaseSync(file().replace(".json", ".lock"));
    other.exec("BEGIN EXCLUSIVE");
    const begin = () => store.begin({ purpose: "refresh", version: 1, leaseMs: 40_000 });
    await expect(begin()).rejects.toMatchObject({ code: "TIMEOUT", retryable: true });
    expect(await store.load()).toMatchObject({ version: 1 });
    other.close();
    expect(await begin()).toMatchObject({ outcome: "begun" });
  });

  it("does not take a folder that is away for a connection that nobody has made", async () => {
    const store = openStore(folder, testKeys);
    await connect(store);
    await rename(folder, `${folder}-away`);
    await expect(store.load()).rejects.toMatchObject({ code: "ENOENT" });
    await rename(`${folder}-away`, folder);
    expect(await store.load()).toMatchObject({ version: 1 });
  });

  it("opens with its keyring only, unaltered only, and for its own connection only", async () => {
    await connect(openStore(folder, testKeys));
    await expect(openStore(folder, LocalKeyring.generate()).load()).rejects.toThrow("does not open");
    const sealed = await readFile(file(), "utf8");
    await writeFile(join(folder, "connection-other.json"), sealed);
    await expect(openStore(folder, testKeys, { connectionId: "other" }).load()).rejects.toThrow("does not open");
    await writeFile(file(), sealed.slice(0, -10));
    await expect(openStore(folder, testKeys).load()).rejects.toThrow();
  });

  it("makes a repeated commit durable again before it says that it has landed", async () => {
    const store = openStore(folder, testKeys, { clock });
    const attemptId = await connect(store);
    const before = await readFile(file(), "utf8");
    const tokens = { accessToken: "a", tokenType: "Bearer", issuedAtMs: clock.now(), attributes: {} };
    const repeated = await store.commit(attemptId, { tokens, refreshAtMs: undefined });
    expect(repeated).toMatchObject({ outcome: "committed", record: { version: 1 } });
    expect(await readFile(file(), "utf8")).not.toBe(before);
  });

  it("neither ends a lease nor stretches it far when the clock is set back", async () => {
    const store = openStore(folder, testKeys, { clock });
    await connect(store);
    const begin = () => store.begin({ purpose: "refresh", version: 1, leaseMs: 40_000 });
    await begin();
    clock.advance(-30_000);
    expect(await begin()).toEqual({ outcome: "held", leaseMs: 40_000 });
    clock.advance(-24 * 3_600_000);
    expect(await begin()).toMatchObject({ outcome: "ambiguous" });
  });

  it("makes one data key when many processes seal their first value at once", async () => {
    const place = { tenantId: "t", table: "x", recordId: "1", field: "f" };
    const vaults = Array.from({ length: 8 }, () => openFileVault(folder, testKeys));
    const sealed = await Promise.all(vaults.map((vault, index) => vault.seal(index, place)));
    expect(new Set(sealed.map(({ kid }) => kid)).size).toBe(1);
    expect((await new FileDataKeyStore(folder).current("t"))?.id).toBe(sealed[0]?.kid);
    const opened = await Promise.all(sealed.map((value) => openFileVault(folder, testKeys).open(value, place)));
    expect(opened).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalKeyring, systemClock, Vault } from "@isthmus/core";
import { pino } from "pino";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Database, DatabaseUnavailableError, newId } from "../../src/database/index.js";
import type { LandedResult } from "../../src/tokens/attempt-result.js";
import { replayJournal } from "../../src/tokens/journal-replay.js";
import { TokenJournal } from "../../src/tokens/token-journal.js";
import { TokenStores } from "../../src/tokens/token-stores.js";
import { DatabaseDataKeyStore } from "../../src/vault/database-data-key-store.js";
import { useServerDatabase } from "../support/server-database.js";
import { connectorData, createTestTenant, type TestTenant } from "../support/test-data.js";

describe("the token journal", () => {
  const get = useServerDatabase();
  let tenant: TestTenant;
  let vault: Vault;
  let folder: string;
  let journal: TokenJournal;
  let connectorId: string;
  let logLines: string[];
  const logger = pino({ level: "debug" }, { write: (line: string) => void logLines.push(line) });

  beforeAll(async () => {
    tenant = await createTestTenant(get().database);
    const keyProvider = LocalKeyring.parse(LocalKeyring.generate());
    vault = new Vault({ keyProvider, dataKeys: new DatabaseDataKeyStore(get().database) });
  });
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "isthmus-journal-test-")), "journal");
    journal = new TokenJournal(folder);
    connectorId = (await connectorData().create(get().database, tenant)).id;
    logLines = [];
  });
  afterEach(() => rm(join(folder, ".."), { recursive: true }));

  const place = () => ({
    tenantId: tenant.tenantId,
    table: "connector_tokens",
    recordId: connectorId,
    field: "tokens",
  });
  const tokens = { accessToken: "access-t0ken", refreshToken: "refresh-t0ken", tokenType: "Bearer" };
  const set = { ...tokens, issuedAtMs: 0, attributes: {} };
  const options = (database: Database = get().database) => ({ database, journal, clock: systemClock, logger });
  const storeOn = (database: Database) =>
    new TokenStores({ ...options(database), vault }).of(tenant.tenantId, connectorId);
  const claim = async (purpose: "refresh" | "authorize" = "refresh") => {
    const place = { tenantId: tenant.tenantId, connectorId };
    const request = { purpose, version: 0, leaseMs: 40_000, attemptId: newId() };
    const claimed = await get().database.asSystem((system) => system.tokens.claim(place, request));
    if (claimed.outcome !== "begun") throw new Error(claimed.outcome);
    return claimed.attemptId;
  };
  const result = async (attemptId: string): Promise<LandedResult> => ({
    tenantId: tenant.tenantId,
    connectorId,
    attemptId,
    landed: { tokens: await vault.seal(set, place()), refreshAt: new Date(1_800_000_000_000), isRenewal: true },
  });
  /** A database that answers reads and takes no result. */
  const away = (): Database => ({
    ...get().database,
    asSystem: () => Promise.reject(new DatabaseUnavailableError("test")),
  });

  it("keeps a result as it is, sealed, for its owner only", async () => {
    const entry = await result(newId());
    await journal.write(entry);
    expect(await journal.list()).toEqual([entry.attemptId]);
    expect(await journal.read(entry.attemptId)).toEqual(entry);
    const [name = ""] = await readdir(folder);
    expect(await readFile(join(folder, name), "utf8")).not.toMatch(/t0ken/);
    if (process.platform === "win32") return;
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });

  it("is empty before anything was kept, and after it was removed twice", async () => {
    expect(await journal.list()).toEqual([]);
    const entry = await result(newId());
    await journal.write(entry);
    await journal.remove(entry.attemptId);
    await journal.remove(entry.attemptId);
    expect(await journal.list()).toEqual([]);
    expect(await journal.read(entry.attemptId)).toBeUndefined();
  });

  it("holds what the database did not take, until that does, and lands it once", async () => {
    const attemptId = await claim();
    await expect(storeOn(away()).commit(attemptId, { tokens: set, refreshAtMs: undefined })).rejects.toThrow("test");
    expect(await journal.list()).toEqual([attemptId]);
    expect(await replayJournal(options(away()))).toBe(1);
    expect(await replayJournal(options())).toBe(0);
    expect(await journal.list()).toEqual([]);
    expect(await storeOn(get().database).load()).toMatchObject({ version: 1, tokens: set });
    // Whoever held it in memory all the time comes late, and changes nothing.
    const again = await storeOn(get().database).commit(attemptId, { tokens: set, refreshAtMs: undefined });
    expect(again).toMatchObject({ outcome: "committed", record: { version: 1 } });
  });

  it("holds a set while the database is merely slow, and forgets it once it has landed", async () => {
    const attemptId = await claim();
    const written = Promise.withResolvers<void>();
    const write = journal.write.bind(journal);
    journal.write = async (entry) => {
      await write(entry);
      written.resolve();
    };
    const slow: Database = {
      ...get().database,
      asSystem: async (work) => {
        await written.promise;
        expect(await journal.list()).toEqual([attemptId]);
        return get().database.asSystem(work);
      },
    };
    await storeOn(slow).commit(attemptId, { tokens: set, refreshAtMs: undefined });
    expect(await journal.list()).toEqual([]);
    expect(await storeOn(get().database).load()).toMatchObject({ version: 1 });
  });

  it("lands nothing over what came after it", async () => {
    const late = await result(await claim());
    await journal.write(late);
    const later = await claim("authorize");
    const newer = { ...set, accessToken: "access-newer" };
    await storeOn(get().database).commit(later, { tokens: newer, refreshAtMs: undefined });
    expect(await replayJournal(options())).toBe(0);
    expect(await storeOn(get().database).load()).toMatchObject({ version: 1, tokens: newer });
    expect(logLines.join()).toContain("came too late");
  });

  it("forgets what belongs to a connector that is gone", async () => {
    const entry = { ...(await result(newId())), connectorId: newId() };
    await journal.write(entry);
    expect(await replayJournal(options())).toBe(0);
    expect(await journal.list()).toEqual([]);
  });

  it("sets aside what is no entry and what the database refuses for good, and goes on with the rest", async () => {
    const refused = await result(await claim());
    await journal.write({
      ...refused,
      landed: { ...refused.landed, tokens: { ...refused.landed.tokens, kid: newId() } },
    });
    await writeFile(join(folder, "000-cut.json"), '{"v":1,"result":{"tenan');
    connectorId = (await connectorData().create(get().database, tenant)).id;
    const good = await result(await claim());
    await journal.write(good);
    await writeFile(join(folder, `${newId()}.json.4711.half`), "{");
    expect(await replayJournal(options())).toBe(0);
    expect(await journal.list()).toEqual([]);
    expect(await storeOn(get().database).load()).toMatchObject({ version: 1 });
    const left = (await readdir(folder)).filter((name) => name.endsWith(".refused"));
    expect(left.toSorted()).toEqual(["000-cut.json.refused", `${refused.attemptId}.json.refused`].toSorted());
    expect(logLines.join()).not.toMatch(/t0ken/);
  });

  it("proves before it is needed that it can be written to, and sweeps what was half-written long ago", async () => {
    await journal.prepare();
    await writeFile(join(folder, "old.json.half"), "{");
    await writeFile(join(folder, "new.json.half"), "{");
    await utimes(join(folder, "old.json.half"), 0, 0);
    await journal.prepare();
    expect(await readdir(folder)).toEqual(["new.json.half"]);
    await writeFile(join(folder, "file"), "");
    await expect(new TokenJournal(join(folder, "file", "journal")).prepare()).rejects.toMatchObject({
      code: "ENOTDIR",
    });
  });

  it("takes many writes of one attempt at once, whole", async () => {
    const entry = await result(newId());
    await Promise.all(Array.from({ length: 50 }, () => journal.write(entry)));
    expect(await journal.read(entry.attemptId)).toEqual(entry);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it("leaves what it cannot read just now, or was written by a newer release, and goes on with the rest", async () => {
    const unreadable = newId();
    const newer = newId();
    await journal.prepare();
    await mkdir(join(folder, `${unreadable}.json`));
    await writeFile(join(folder, `${newer}.json`), '{"v":2,"result":{}}');
    const good = await result(await claim());
    await journal.write(good);
    expect(await replayJournal(options())).toBe(2);
    expect((await journal.list()).toSorted()).toEqual([unreadable, newer].toSorted());
    expect(await storeOn(get().database).load()).toMatchObject({ version: 1 });
  });

  it("holds in memory what the disk does not take, and lands it from there", async () => {
    const attemptId = await claim();
    await writeFile(folder, "no folder");
    await expect(storeOn(away()).commit(attemptId, { tokens: set, refreshAtMs: undefined })).rejects.toThrow("test");
    await rm(folder);
    expect(await journal.list()).toEqual([attemptId]);
    expect(await replayJournal(options())).toBe(0);
    expect(await storeOn(get().database).load()).toMatchObject({ version: 1, tokens: set });
  });

  it("says so when neither database nor journal takes a set, which is then in memory only", async () => {
    const attemptId = await claim();
    journal.write = () => Promise.reject(new Error("disk full"));
    await expect(storeOn(away()).commit(attemptId, { tokens: set, refreshAtMs: undefined })).rejects.toThrow("test");
    expect(logLines.some((line) => JSON.parse(line).level === 50 && line.includes("in memory only"))).toBe(true);
  });
});

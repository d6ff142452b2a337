import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { send } from "../client.js";
import { Caller } from "./caller.js";

const start = Date.parse("2026-03-10T10:00:00Z");
const minute = 60_000;
const day = 24 * 60 * minute;
let now = start;
let sandbox: SalesforceSandbox;
let caller: Caller;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({
    skipConsent: true,
    seed: false,
    clock: () => now,
    accessTokenLifetimeMs: 400 * day,
  });
});
beforeEach(async () => {
  now = start;
  sandbox.reset();
  caller = await Caller.signIn(sandbox);
});
afterAll(() => sandbox.close());

const ask = (kind: "deleted" | "updated", from: number, to: number) =>
  caller.get(
    `/sobjects/Account/${kind}/?start=${encodeURIComponent(new Date(from).toISOString())}&end=${new Date(to).toISOString().replace("Z", "%2B00:00")}`,
  );

describe("what changed within a span", () => {
  it("is told by id, made and changed records alike, and not those deleted since", async () => {
    const made = await caller.create("Account", { Name: "A" });
    const deleted = await caller.create("Account", { Name: "B" });
    now += 5 * minute;
    const later = await caller.create("Account", { Name: "C" });
    await caller.delete(`/sobjects/Account/${deleted}`);
    now += 5 * minute;
    expect(await ask("updated", start, now)).toMatchObject({
      status: 200,
      json: { ids: [made, later], latestDateCovered: "2026-03-10T10:10:00.000+0000" },
    });
    expect((await ask("updated", start, start + 5 * minute)).json).toMatchObject({ ids: [made] });
    await caller.patch(`/sobjects/Account/${made}`, { Name: "Changed" });
    expect((await ask("updated", now, now + minute)).json).toMatchObject({ ids: [made] });
    expect((await ask("deleted", start, now)).json).toEqual({
      deletedRecords: [{ deletedDate: "2026-03-10T10:05:00.000+0000", id: deleted }],
      earliestDateAvailable: "2026-02-23T10:10:00.000+0000",
      latestDateCovered: "2026-03-10T10:10:00.000+0000",
    });
  });

  it("ignores seconds", async () => {
    now += 30_000;
    const id = await caller.create("Account", { Name: "A" });
    expect((await ask("updated", start + 45_000, start + minute)).json).toMatchObject({ ids: [id] });
    expect((await ask("updated", start - minute, start + 59_000)).json).toMatchObject({ ids: [] });
  });

  it("tells deleted records that are no longer in the recycle bin", async () => {
    const id = await caller.create("Account", { Name: "A" });
    now += minute;
    const job = await caller.post("/jobs/ingest", { object: "Account", operation: "hardDelete", lineEnding: "LF" });
    const { id: jobId } = job.json as { id: string };
    const headers = { authorization: `Bearer ${caller.token}`, "content-type": "text/csv" };
    const url = `${sandbox.url}/services/data/v60.0/jobs/ingest/${jobId}`;
    await send(`${url}/batches`, { method: "PUT", headers, body: `Id\n${id}\n` });
    await caller.patch(`/jobs/ingest/${jobId}`, { state: "UploadComplete" });
    await expect
      .poll(async () => ((await caller.get(`/jobs/ingest/${jobId}`)).json as { state: string }).state)
      .toBe("JobComplete");
    expect((await ask("deleted", start, now + minute)).json).toMatchObject({ deletedRecords: [{ id }] });
    expect((await caller.get(`/queryAll?q=${encodeURIComponent("SELECT Id FROM Account")}`)).json).toMatchObject({
      totalSize: 0,
    });
  });

  it("must be a minute or longer, begin within 30 days, and have a start and an end", async () => {
    const refused = { status: 400, json: [{ errorCode: "INVALID_REPLICATION_DATE" }] };
    expect(await ask("deleted", start, start + 59_000)).toMatchObject(refused);
    expect(await ask("deleted", start, start - minute)).toMatchObject(refused);
    expect(await ask("updated", start - 31 * day, start)).toMatchObject(refused);
    expect((await ask("updated", start - 30 * day, start)).status).toBe(200);
    expect((await caller.get("/sobjects/Account/deleted?start=2026-03-01T00:00:00Z")).status).toBe(400);
    expect((await caller.get("/sobjects/Account/updated?start=yesterday&end=today")).status).toBe(400);
    expect((await caller.get("/sobjects/Nothing/updated?start=yesterday&end=today")).status).toBe(404);
  });
});

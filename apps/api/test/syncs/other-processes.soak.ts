import { LocalKeyring, silentLogger } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../../src/database/index.js";
import { SyncWorker } from "../../src/workers/sync-worker.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService } from "../support/service.js";
import { feed } from "./feed/feed-connector.js";
import { type FeedService, startFeedService } from "./feed/feed-service.js";

const rounds = 6;
const runsOfRound = 20;

describe("a run that is asked for at another process", { timeout: 600_000 }, () => {
  const get = useServerDatabase();
  const keys = LocalKeyring.generate();
  let asked: FeedService;
  let worker: TestService;
  let database: Database;

  beforeAll(async () => {
    asked = await startFeedService(get().database, { keys });
    database = await openDatabase({ url: get().url, logger: silentLogger });
    const settings = { allowedPrivateHosts: [asked.vendor.host] };
    worker = await startTestService(database, { connectors: [feed], keys, settings });
  });
  afterAll(async () => {
    await worker?.close();
    await database?.close();
    await asked?.close();
  });

  /** Milliseconds from the answer to a run until the vendor is asked, by a worker that is told, or by one that looks each second. */
  async function measure(isTold: boolean, scheduleId: string): Promise<number[]> {
    const { services } = worker;
    const { clock, random } = services;
    const deaf = { ...services, database: { ...database, whenDue: () => () => undefined } };
    const ending = new AbortController();
    const working = new SyncWorker(isTold ? services : deaf).run(ending.signal);
    const lateMs: number[] = [];
    for (let n = 0; n < runsOfRound; n += 1) {
      await clock.sleep(1_000 * random.number());
      const asksBefore = asked.vendor.requests.length;
      const { status } = await asked.tenant.api.post(`/v1/schedules/${scheduleId}/run`, {});
      expect(status).toBe(202);
      const beganAtMs = performance.now();
      await expect
        .poll(() => asked.vendor.requests.length, { interval: 2, timeout: 20_000 })
        .toBeGreaterThan(asksBefore);
      lateMs.push(performance.now() - beganAtMs);
    }
    ending.abort();
    await working;
    return lateMs;
  }

  it("is begun within milliseconds, and within a second and a half where nobody tells", async () => {
    const { body: schedule } = await asked.schedule("Thing");
    const told: number[] = [];
    const found: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      found.push(...(await measure(false, schedule.id)));
      told.push(...(await measure(true, schedule.id)));
    }
    const at = (values: number[], part: number) =>
      Math.round(values.toSorted((one, other) => one - other)[Math.floor(part * (values.length - 1))] ?? 0);
    for (const [how, values] of Object.entries({ "found by looking": found, told })) {
      process.stdout.write(`${how}: p50 ${at(values, 0.5)} ms, p99 ${at(values, 0.99)} ms of ${values.length} runs\n`);
    }
    expect(at(told, 0.5)).toBeLessThan(at(found, 0.5));
  });
});

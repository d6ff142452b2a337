import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DueWorker } from "../../src/workers/due-worker.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService } from "../support/service.js";

describe("a worker for due rows", () => {
  const get = useServerDatabase();
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService(get().database);
  });
  afterAll(() => service?.close());

  it("looks again where work has ended while it looked: what that made due it may not have seen", async () => {
    const looks: PromiseWithResolvers<readonly object[]>[] = [];
    const work = Promise.withResolvers<void>();
    const worker = new DueWorker(service.services, {
      slots: 2,
      pollMs: 600_000,
      what: "Due things",
      unstored: "What became of a thing could not be stored",
      claim: () => {
        const look = Promise.withResolvers<readonly object[]>();
        looks.push(look);
        return look.promise;
      },
      work: () => work.promise,
    });
    const ending = new AbortController();
    const working = worker.run(ending.signal);
    await expect.poll(() => looks.length, { interval: 5 }).toBe(1);
    looks[0]?.resolve([{}]);
    await expect.poll(() => looks.length, { interval: 5 }).toBe(2);
    work.resolve();
    await worker.settle();
    looks[1]?.resolve([]);
    await expect.poll(() => looks.length, { interval: 5 }).toBe(3);
    ending.abort();
    looks[2]?.resolve([]);
    await working;
  });
});

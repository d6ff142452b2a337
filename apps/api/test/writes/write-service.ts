import { afterAll, beforeAll, beforeEach } from "vitest";
import { newId } from "../../src/database/index.js";
import type { SuiteDatabase } from "../support/databases.js";
import { type FeedService, startFeedService } from "../syncs/feed/feed-service.js";
import { type WriteBench, writeBench } from "./write-bench.js";

/** A service that writes to the vendor of a feed, and an entity that no other test has written. */
export interface WriteService {
  readonly feed: FeedService;
  readonly bench: WriteBench;
  readonly entity: string;
}

/** Starts one before the tests of the present `describe`, makes an entity for each test, and ends it after them. */
export function useWriteService(get: () => SuiteDatabase): () => WriteService {
  let started: Omit<WriteService, "entity"> | undefined;
  let entity = "";
  beforeAll(async () => {
    const feed = await startFeedService(get().database);
    const bench = writeBench(feed.service, feed.tenant.api, feed.connectorId, get().queryPastGuards);
    started = { feed, bench };
  });
  afterAll(() => started?.feed.close());
  beforeEach(() => {
    entity = `Thing${newId().slice(-6)}`;
    if (started) started.feed.vendor.beforeWrite = () => undefined;
    if (started) started.feed.vendor.writes.length = 0;
  });
  return () => {
    if (started === undefined) throw new Error("The service is started before the tests run.");
    return { ...started, entity };
  };
}

import { Readable } from "node:stream";
import { type BinaryContent, type ConnectorError, EventBus, type LifecycleEvents, RateLimitError } from "@isthmus/core";
import type { SalesforceSandbox, SalesforceSandboxOptions } from "@isthmus/sandbox";
import { FakeClock } from "@isthmus/testkit";
import { afterEach, describe, expect, it } from "vitest";
import type { AuthorizationCodeOptions, SalesforceConnector } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";

const minuteMs = 60_000;
const data = { path: "/services/data/v60.0/" };
const tooManyAtOnce = {
  status: 403,
  body: [
    { message: "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", errorCode: "REQUEST_LIMIT_EXCEEDED" },
  ],
};
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function bench(
  sandboxOptions: SalesforceSandboxOptions = {},
  options: Partial<AuthorizationCodeOptions> = {},
): Promise<{ sandbox: SalesforceSandbox; connector: SalesforceConnector; clock: FakeClock }> {
  const clock = new FakeClock();
  const sandbox = await startSandbox(sandboxOptions);
  cleanUps.push(() => sandbox.close());
  const connector = await connectedTo(sandbox, { clock, ...options });
  cleanUps.push(() => connector.close());
  return { sandbox, connector, clock };
}

function failureOf(work: Promise<unknown>): Promise<ConnectorError> {
  return work.then(
    () => Promise.reject(new Error("Expected a failure, but it succeeded")),
    (error: ConnectorError) => error,
  );
}

function toContent(bytes: Buffer): BinaryContent {
  return { mediaType: "text/plain", body: Readable.from([bytes]) };
}

async function readFirst(connector: SalesforceConnector): Promise<string> {
  for await (const { Id } of connector.query("SELECT Id FROM Account LIMIT 1")) return String(Id);
  throw new Error("There is no account.");
}

describe("the day's requests", () => {
  it("are known from every answer, also from those through jsforce", async () => {
    const { connector, clock } = await bench({ dailyApiRequests: 1_000 });
    const before = connector.apiUsage;
    expect(before).toEqual({ used: expect.any(Number), max: 1_000, observedAtMs: clock.now() });
    await connector.queryPage({ soql: "SELECT Id FROM Account LIMIT 1" });
    await (await connector.jsforce()).query("SELECT Id FROM Account LIMIT 1");
    expect(connector.apiUsage?.used).toBe((before?.used ?? 0) + 2);
  });

  it("once used up are asked for no more, but for one look in a quarter of an hour, by all connectors together", async () => {
    const { sandbox, connector, clock } = await bench();
    const other = await connectedTo(sandbox, { clock });
    cleanUps.push(() => other.close());
    sandbox.configure({ dailyApiRequests: 1 });
    const read = (by: SalesforceConnector) => failureOf(by.queryPage({ soql: "SELECT Id FROM Account LIMIT 1" }));
    expect(await read(connector)).toMatchObject({ code: "QUOTA_EXHAUSTED", retryAfterMs: 15 * minuteMs });
    sandbox.clearRequests();

    for (let minute = 0; minute < 60; minute += 1) {
      clock.advance(minuteMs);
      const errors = await Promise.all(Array.from({ length: 20 }, (_, index) => read(index % 2 ? connector : other)));
      for (const error of errors) {
        expect(error).toBeInstanceOf(RateLimitError);
        expect(error.code).toBe("QUOTA_EXHAUSTED");
      }
    }
    expect(sandbox.requests(data)).toHaveLength(4);

    sandbox.configure({ dailyApiRequests: 1_000_000 });
    expect((await read(connector)).message).toContain("nothing was sent");
    clock.advance(15 * minuteMs);
    await readFirst(connector);
    await readFirst(other);
  });

  it("are looked at again at once when a look got no answer", async () => {
    const { sandbox, connector, clock } = await bench();
    sandbox.configure({ dailyApiRequests: 1 });
    await failureOf(readFirst(connector));
    sandbox.configure({ dailyApiRequests: 1_000_000 });
    clock.advance(15 * minuteMs);
    sandbox.addFault({ ...data, times: 4, cutBefore: true });
    expect((await failureOf(readFirst(connector))).code).not.toBe("QUOTA_EXHAUSTED");
    await readFirst(connector);
  });

  it("are looked at again at once when a look was refused for too many requests at work", async () => {
    const { sandbox, connector, clock } = await bench();
    sandbox.configure({ dailyApiRequests: 1 });
    await failureOf(readFirst(connector));
    sandbox.configure({ dailyApiRequests: 1_000_000 });
    clock.advance(15 * minuteMs);
    sandbox.addFault({ ...data, ...tooManyAtOnce });
    await readFirst(connector);
  });

  it("leave the reserve to others", async () => {
    const limits = { concurrentRequests: 25, reservePercent: 20 };
    const { sandbox, connector } = await bench({ dailyApiRequests: 50 }, { limits });
    const used = async (): Promise<number> => {
      for (let calls = 0; calls < 60; calls += 1) {
        const error = await readFirst(connector).catch((failure: ConnectorError) => failure);
        if (typeof error !== "string") {
          expect(error.code).toBe("QUOTA_EXHAUSTED");
          return connector.apiUsage?.used ?? 0;
        }
      }
      throw new Error("Nothing was held back.");
    };
    expect(await used()).toBe(40);
    expect(sandbox.requests({ ...data, method: "GET" }).length).toBeLessThanOrEqual(40);
  });

  it("are told to listeners when they changed by a hundredth, or after a minute", async () => {
    const events = new EventBus();
    const told: LifecycleEvents["limit.observed"][] = [];
    events.on("limit.observed", (event) => void told.push(event));
    const { connector, clock } = await bench({ dailyApiRequests: 1_000 }, { events });
    const day = { limit: "api-usage", max: 1_000, windowMs: 86_400_000 };
    expect(told).toEqual([expect.objectContaining({ ...day, connection: connector.connection })]);
    for (let call = 0; call < 30; call += 1) await readFirst(connector);
    expect(told).toHaveLength(4);
    clock.advance(minuteMs);
    await readFirst(connector);
    expect(told).toHaveLength(5);
    expect(told.at(-1)?.used).toBe(connector.apiUsage?.used);
  });
});

describe("the requests at once", () => {
  it("are never more than so many, over all connectors of the organisation", async () => {
    const limits = { concurrentRequests: 3, reservePercent: 0 };
    let [most, now] = [0, 0];
    const observer = {
      attemptStarted: () => {
        now += 1;
        most = Math.max(most, now);
      },
      attemptEnded: () => {
        now -= 1;
      },
    };
    const { sandbox, connector, clock } = await bench({}, { limits, observer });
    const other = await connectedTo(sandbox, { clock, limits, observer });
    cleanUps.push(() => other.close());
    sandbox.addFault({ ...data, times: 40, delayMs: 5 });
    await Promise.all(Array.from({ length: 40 }, (_, index) => readFirst(index % 2 ? connector : other)));
    expect(most).toBe(3);
  });

  it("back off when Salesforce refuses one, all together and longer each time, and repeat writes too", async () => {
    const { sandbox, connector, clock } = await bench();
    sandbox.addFault({ ...data, times: 4, ...tooManyAtOnce });
    const startedMs = clock.now();
    const { id } = await connector.create("Account", { Name: "Once" });
    expect(clock.now() - startedMs).toBeGreaterThanOrEqual((1_000 + 2_000 + 4_000 + 8_000) / 2);
    expect(clock.now() - startedMs).toBeLessThanOrEqual(15_000);
    expect(sandbox.requests({ ...data, method: "POST" })).toHaveLength(5);
    const found = await connector.queryAllRecords("SELECT Id FROM Account WHERE Name = 'Once'");
    expect(found.records.map(({ Id }) => Id)).toEqual([id]);
  });

  it("reach the caller in the end, with the time to wait", async () => {
    const { sandbox, connector } = await bench();
    sandbox.addFault({ ...data, times: 100, ...tooManyAtOnce });
    const error = await failureOf(readFirst(connector));
    expect(error).toMatchObject({ code: "RATE_LIMITED", retryable: true, retryAfterMs: expect.any(Number) });
    expect(sandbox.requests(data)).toHaveLength(6);
  });

  it("of many callers make no storm: after a pause one goes first", async () => {
    const { sandbox, connector } = await bench();
    sandbox.addFault({ ...data, times: 30, ...tooManyAtOnce });
    await Promise.all(Array.from({ length: 25 }, () => readFirst(connector)));
    // 25 were under way when the first was refused; five more looked, one after the other.
    expect(sandbox.requests(data).length).toBe(30 + 25);
  });

  it("hold for files, too: a download is asked for again when it was refused", async () => {
    const { sandbox, connector } = await bench({}, { limits: { concurrentRequests: 1, reservePercent: 0 } });
    const bytes = Buffer.from("a file");
    const { id } = await connector.blobs.upload(toContent(bytes), { fileName: "a.txt" });
    sandbox.addFault({ ...data, pathPattern: "VersionData$", ...tooManyAtOnce });
    const { body } = await connector.blobs.read("ContentVersion", id, "VersionData");
    expect(Buffer.concat(await Array.fromAsync(body))).toEqual(bytes);
  });

  it("let whoever reads an answer send other requests meanwhile, however few there may be at once", async () => {
    const { connector } = await bench({}, { limits: { concurrentRequests: 1, reservePercent: 0 } });
    const bytes = Buffer.from("a file");
    const { id } = await connector.blobs.upload(toContent(bytes), { fileName: "a.txt" });
    const content = await connector.blobs.read("ContentVersion", id, "VersionData");
    const copy = await connector.blobs.upload(content, { fileName: "b.txt" });
    const { body } = await connector.blobs.read("ContentVersion", copy.id, "VersionData");
    expect(Buffer.concat(await Array.fromAsync(body))).toEqual(bytes);
  });

  it.each([1, 2])(
    "let a bulk query of many pages come to its end where only %i may be at work",
    async (concurrentRequests) => {
      const limits = { concurrentRequests, reservePercent: 0 };
      const { connector } = await bench({ measurements: 1_000, bulkPageSize: 100 }, { limits });
      const rows = connector.bulk.query("SELECT Id FROM Measurement__c");
      expect(await Array.fromAsync(rows)).toHaveLength(1_000);
    },
  );

  it("let a body that was a stream be sent by its caller again, because nothing was done", async () => {
    const { sandbox, connector } = await bench();
    sandbox.addFault({ path: "/services/data/v60.0/sobjects/ContentVersion", ...tooManyAtOnce });
    const upload = () => connector.blobs.upload(toContent(Buffer.from("a file")), { fileName: "a.txt" });
    expect(await failureOf(upload())).toMatchObject({ code: "RATE_LIMITED", retryable: true });
    await upload();
  });

  it("end their waiting when the caller gives up", async () => {
    const limits = { concurrentRequests: 1, reservePercent: 0 };
    const { sandbox, connector } = await bench({}, { limits });
    sandbox.addFault({ ...data, delayMs: 200 });
    const first = readFirst(connector);
    const givingUp = new AbortController();
    const second = failureOf(connector.limits({ signal: givingUp.signal }));
    givingUp.abort();
    expect((await second).code).toBe("CANCELLED");
    await first;
  });
});

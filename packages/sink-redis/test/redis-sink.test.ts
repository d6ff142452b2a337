import { type OpenedSink, type OutgoingEvent, silentLogger, systemClock } from "@isthmus/core";
import { createClient } from "@redis/client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { redisSink } from "../src/index.js";

const { TEST_REDIS_URL: url } = process.env;
const signal = () => AbortSignal.timeout(5_000);
const context = { clock: systemClock, logger: silentLogger };

function event(changes: Partial<OutgoingEvent> = {}): OutgoingEvent {
  const happenedAt = new Date("2026-01-01T00:00:00.000Z");
  const data = '{"version":"7","amount":12345678901234567890.10}';
  return {
    id: crypto.randomUUID(),
    tenantId: crypto.randomUUID(),
    type: "record.updated",
    happenedAt,
    data,
    ...changes,
  };
}

describe("the settings of the Redis sink", () => {
  const parse = (values: object) => redisSink.settings.safeParse(values);

  it("have defaults for all but the address", () => {
    expect(parse({ ISTHMUS_REDIS_URL: "redis://127.0.0.1" }).data).toEqual({
      ISTHMUS_REDIS_URL: "redis://127.0.0.1",
      ISTHMUS_REDIS_PREFIX: "isthmus:",
      ISTHMUS_REDIS_MAXLEN: 1_000_000,
      ISTHMUS_REDIS_KNOWN_SECONDS: 3_600,
      ISTHMUS_REDIS_LARGEST_BYTES: 16_777_216,
    });
    expect(parse({}).error?.issues.map(({ path }) => path[0])).toEqual(["ISTHMUS_REDIS_URL"]);
  });

  it.each([
    { ISTHMUS_REDIS_URL: "http://127.0.0.1" },
    { ISTHMUS_REDIS_PREFIX: "{all}" },
    { ISTHMUS_REDIS_MAXLEN: "-1" },
    { ISTHMUS_REDIS_KNOWN_SECONDS: "soon" },
    { ISTHMUS_REDIS_LARGEST_BYTES: "10" },
  ])("refuse %o", (wrong) => {
    const { error } = parse({ ISTHMUS_REDIS_URL: "redis://127.0.0.1", ...wrong });
    expect(error?.issues.map(({ path }) => path[0])).toEqual(Object.keys(wrong));
    expect(redisSink.examples).toHaveProperty(Object.keys(wrong)[0] ?? "");
  });
});

describe("a Redis that is away", () => {
  it("takes no event, says so at once and without its address, and lets itself be closed", async () => {
    const settings = redisSink.settings.parse({ ISTHMUS_REDIS_URL: "redis://user:the-password@127.0.0.1:1" });
    const sink = await redisSink.open(settings, context);
    const failure = await sink.deliver(event(), signal()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "CONNECTION_FAILED", retryable: true });
    expect(String(failure)).not.toMatch(/the-password|127\.0\.0\.1/);
    await sink.close();
  });
});

describe.skipIf(url === undefined)("events in Redis (TEST_REDIS_URL)", () => {
  const prefix = `isthmus-test-${crypto.randomUUID()}:`;
  const opened: OpenedSink[] = [];
  const client = createClient({ url: url ?? "" });

  beforeAll(async () => {
    await client.connect();
  });
  afterEach(async () => {
    for (const sink of opened.splice(0)) await sink.close();
  });
  afterAll(async () => {
    if (!client.isOpen) return;
    // A page of a scan may be empty before its end.
    for await (const keys of client.scanIterator({ MATCH: `${prefix}*` })) if (keys.length > 0) await client.del(keys);
    await client.close();
  });

  async function open(changes: object = {}): Promise<OpenedSink> {
    const settings = { ISTHMUS_REDIS_URL: url, ISTHMUS_REDIS_PREFIX: prefix, ...changes };
    const sink = await redisSink.open(redisSink.settings.parse(settings), context);
    opened.push(sink);
    // It connects by itself; until then it takes nothing.
    const first = event({ tenantId: "warm" });
    await expect
      .poll(() =>
        sink.deliver(first, signal()).then(
          ({ taken }) => taken,
          () => false,
        ),
      )
      .toBe(true);
    return sink;
  }
  const entries = async (tenantId: string) => (await client.xRange(`${prefix}{${tenantId}}:events`, "-", "+")) ?? [];

  it("have their own stream for each tenant, with every digit of what they say", async () => {
    const sink = await open();
    const [one, other] = [event(), event()];
    for (const each of [one, other]) expect(await sink.deliver(each, signal())).toEqual({ taken: true });
    const [entry, ...more] = await entries(one.tenantId);
    expect(more).toEqual([]);
    expect({ ...entry?.message }).toEqual({
      ...{ id: one.id, tenantId: one.tenantId, type: one.type, data: one.data },
      timestamp: "2026-01-01T00:00:00.000Z",
    });
    expect(await entries(other.tenantId)).toHaveLength(1);
  });

  it("make one entry however often they come, at once and later, by whatever process", async () => {
    const [sink, second] = [await open(), await open()];
    const same = event();
    await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? sink : second).deliver(same, signal())));
    await second.deliver(same, signal());
    expect(await entries(same.tenantId)).toHaveLength(1);
    const [mark] = (await client.keys(`${prefix}{${same.tenantId}}:seen:*`)).values();
    expect(await client.ttl(mark ?? "")).toBeGreaterThan(3_000);
  });

  it("make an entry for each time where none is to be known", async () => {
    const sink = await open({ ISTHMUS_REDIS_KNOWN_SECONDS: 0 });
    const same = event();
    for (let time = 0; time < 2; time += 1) await sink.deliver(same, signal());
    expect(await entries(same.tenantId)).toHaveLength(2);
    expect(await client.keys(`${prefix}{${same.tenantId}}:seen:*`)).toEqual([]);
  });

  it("leave about so many entries as are to be kept", async () => {
    const sink = await open({ ISTHMUS_REDIS_MAXLEN: 100 });
    const { tenantId } = event();
    await Promise.all(Array.from({ length: 1_000 }, () => sink.deliver(event({ tenantId }), signal())));
    const kept = (await entries(tenantId)).length;
    expect(kept).toBeGreaterThanOrEqual(100);
    expect(kept).toBeLessThan(400);
  });

  it("stay in their order when they come in it", async () => {
    const sink = await open();
    const { tenantId } = event();
    for (let n = 0; n < 50; n += 1) await sink.deliver(event({ tenantId, data: `{"n":${n}}` }), signal());
    expect((await entries(tenantId)).map(({ message }) => message.data)).toEqual(
      Array.from({ length: 50 }, (_, n) => `{"n":${n}}`),
    );
  });

  it("are not taken by one that refuses to write, and the address is not told", async () => {
    const sink = await open();
    const { user, password } = { user: prefix, password: crypto.randomUUID() };
    // Whoever may do anything but this one thing: as with a replica, or a Redis without memory, it passes.
    await client.sendCommand(["ACL", "SETUSER", user, "on", `>${password}`, "~*", "+@all", "-xadd"]);
    try {
      const poor = new URL(url ?? "");
      Object.assign(poor, { username: user, password });
      const refused = await redisSink.open(
        redisSink.settings.parse({ ISTHMUS_REDIS_URL: poor.href, ISTHMUS_REDIS_PREFIX: prefix }),
        context,
      );
      opened.push(refused);
      const failure = () => refused.deliver(event(), signal()).then(JSON.stringify, String);
      await expect.poll(failure).toMatch(/Redis did not take an event: (NOPERM|ERR)/);
      expect(await failure()).not.toContain(poor.host);
      expect(await sink.deliver(event(), signal())).toEqual({ taken: true });
    } finally {
      await client.sendCommand(["ACL", "DELUSER", user]);
    }
  });

  it("are refused for good where they are too large", async () => {
    const sink = await open({ ISTHMUS_REDIS_LARGEST_BYTES: 1_024 });
    const large = event({ data: JSON.stringify("ü".repeat(512)) });
    expect(await sink.deliver(large, signal())).toEqual({ taken: false, refusal: "TOO_LARGE" });
    expect(await sink.deliver({ ...large, data: JSON.stringify("ü".repeat(511)) }, signal())).toEqual({ taken: true });
  });

  it("wait while the name of their tenant's stream is that of something else", async () => {
    const sink = await open();
    const other = event();
    await client.set(`${prefix}{${other.tenantId}}:events`, "no stream");
    expect(await sink.deliver(other, signal())).toEqual({ taken: false, blocked: "WRONGTYPE" });
    expect(await sink.deliver(event(), signal())).toEqual({ taken: true });
    await client.del(`${prefix}{${other.tenantId}}:events`);
    // Nothing of it is marked as taken.
    expect(await sink.deliver(other, signal())).toEqual({ taken: true });
    expect(await entries(other.tenantId)).toHaveLength(1);
  });
});

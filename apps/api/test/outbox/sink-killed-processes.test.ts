import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalKeyring, silentLogger } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/database/open-database.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService } from "../support/service.js";
import { type ServiceProcess, startServiceProcess } from "../support/service-process.js";

const { TEST_REDIS_URL: given } = process.env;
const redisUrl = given ?? "redis://127.0.0.1";
const things = 500;
const versions = 4;

/** A way to Redis on which answers stop, from one of them on: Redis has taken what nobody hears of. */
async function startWay() {
  const sockets = new Set<Socket>();
  let left = Number.POSITIVE_INFINITY;
  let stopped = () => {};
  const server = createServer((near) => {
    const far = connect(Number(new URL(redisUrl).port), new URL(redisUrl).hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
    }
    near.pipe(far).on("close", () => near.destroy());
    far.on("data", (answers: Buffer) => {
      left -= answers.length;
      if (left > 0) near.write(answers);
      else stopped();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Resolves when answers have stopped, after so many bytes of them. */
    stopAfter: (bytes: number) =>
      new Promise<void>((resolve) => {
        [left, stopped] = [bytes, resolve];
      }),
    goOn() {
      left = Number.POSITIVE_INFINITY;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

describe.skipIf(given === undefined)("events for Redis of processes that are killed (TEST_REDIS_URL)", () => {
  const get = useServerDatabase();
  const keys = LocalKeyring.generate();
  const prefix = `isthmus-test-${crypto.randomUUID()}:`;
  const started: ServiceProcess[] = [];
  let way: Awaited<ReturnType<typeof startWay>>;
  let folder: string;
  let tenantId: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "isthmus-redis-"));
    way = await startWay();
    const service = await startTestService(get().database, { keys });
    tenantId = (await service.createTenant()).tenantId;
    await service.close();
  });
  afterAll(async () => {
    for (const { child, ended } of started) {
      child.kill("SIGKILL");
      await ended;
    }
    await way?.close();
    await ask([
      "EVAL",
      "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end",
      "0",
      `${prefix}*`,
    ]);
    await rm(folder, { recursive: true, force: true });
  });

  /** One command of Redis', and the text of its answer. */
  async function ask(words: readonly string[]): Promise<string> {
    const socket = connect(Number(new URL(redisUrl).port), new URL(redisUrl).hostname);
    const command = [...words].map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("");
    socket.write(`*${words.length}\r\n${command}QUIT\r\n`);
    let answer = "";
    for await (const piece of socket) answer += piece;
    return answer;
  }
  /** What is in the stream, in its order. */
  const entries = async () => {
    const answer = await ask(["XRANGE", `${prefix}{${tenantId}}:events`, "-", "+"]);
    return [...answer.matchAll(/\{"n": (\d+), "about": "(\w+)"\}/g)].map(([, n, about]) => ({ about, n: Number(n) }));
  };
  const startWorker = () => {
    const worker = startServiceProcess({
      ...{ ISTHMUS_DATA: join(folder, "data"), DATABASE_URL: get().url, ISTHMUS_KEYS: keys, ISTHMUS_ROLE: "worker" },
      ...{ ISTHMUS_SINKS: "@isthmus/sink-redis", ISTHMUS_REDIS_URL: way.url, ISTHMUS_REDIS_PREFIX: prefix },
    });
    started.push(worker);
    return worker;
  };

  it("are in the stream once each, none left out, those of one thing in their order", {
    timeout: 120_000,
  }, async () => {
    const { server, url } = get();
    const client = await server.connectAsSuperuser(url);
    const connection = await openDatabase({ url, sinks: ["@isthmus/sink-redis"], logger: silentLogger });
    await connection.asTenant(tenantId, ({ outboxEvents }) =>
      outboxEvents.appendAll(
        Array.from({ length: things * versions }, (_, place) => {
          const [about, n] = [`thing${place % things}`, Math.floor(place / things)];
          return { type: "connector.reconnected" as const, about, payload: { about, n } };
        }),
      ),
    );
    await connection.close();
    const waiting = async (where = "") => (await client.query(`select 1 from sink_deliveries ${where}`)).rowCount ?? 0;

    // Each has handed over some, of which it does not hear, and notes none of these.
    for (const bytes of [5_000, 15_000]) {
      const heldBack = way.stopAfter(bytes);
      const worker = startWorker();
      await heldBack;
      worker.child.kill("SIGKILL");
      await worker.ended;
      way.goOn();
      // Redis has more than the database knows of.
      const [noted, came] = [things * versions - (await waiting()), (await entries()).length];
      expect(came).toBeGreaterThan(noted);
      expect(came).toBeLessThan(things * versions);
      expect(await waiting("where attempt_id is not null")).toBeGreaterThan(0);
      // The time that it had for them is over.
      await client.query(
        "update sink_deliveries set due_at = now() - interval '1 second' where attempt_id is not null",
      );
    }
    startWorker();
    await expect.poll(() => waiting(), { timeout: 60_000, interval: 100 }).toBe(0);
    await client.end();

    const told = await entries();
    expect(told).toHaveLength(things * versions);
    for (let thing = 0; thing < things; thing += 1) {
      const ofThing = told.filter(({ about }) => about === `thing${thing}`).map(({ n }) => n);
      expect(ofThing).toEqual(Array.from({ length: versions }, (_, n) => n));
    }
  });
});

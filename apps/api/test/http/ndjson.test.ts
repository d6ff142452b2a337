import { TransientError } from "@isthmus/core";
import { type FastifyInstance, fastify } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sendNdjson } from "../../src/routes/ndjson.js";

describe("sendNdjson", () => {
  let app: FastifyInstance;
  let url: string;
  let ended = "not yet";
  let produced = 0;

  async function* items(count: number, failAfter = Number.POSITIVE_INFINITY): AsyncGenerator<unknown> {
    ended = "not yet";
    try {
      for (produced = 0; produced < count; produced += 1) {
        if (produced === failAfter) throw new TransientError("RESPONSE_CUT", "The answer was cut off.");
        yield { number: produced, filler: "x".repeat(1000) };
      }
    } finally {
      ended = "ended";
    }
  }

  beforeEach(async () => {
    app = fastify();
    app.get<{ Querystring: { count: string; failAfter?: string } }>("/", async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const { count, failAfter } = request.query;
      const source = items(Number(count), failAfter === undefined ? undefined : Number(failAfter));
      await sendNdjson(request, reply, source, gone.signal);
      return reply;
    });
    url = await app.listen({ port: 0, host: "127.0.0.1" });
  });
  afterEach(() => app.close());

  it("sends one item a line, and a whole answer for none", async () => {
    const text = await (await fetch(`${url}/?count=3`)).text();
    expect(
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).number),
    ).toEqual([0, 1, 2]);
    expect(text.endsWith("\n")).toBe(true);
    const empty = await fetch(`${url}/?count=0`);
    expect([empty.status, await empty.text()]).toEqual([200, ""]);
  });

  it("answers a failure before the first item as any other", async () => {
    const answer = await fetch(`${url}/?count=3&failAfter=0`);
    expect(answer.status).toBe(500);
    expect(ended).toBe("ended");
  });

  it("ends a failure in the middle with a line that says so, and cuts the connection", async () => {
    const answer = await fetch(`${url}/?count=9&failAfter=2`);
    expect(answer.status).toBe(200);
    let text = "";
    const read = async () => {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString("utf8");
    };
    await expect(read()).rejects.toThrow();
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatchObject({ error: { code: "RESPONSE_CUT", retryable: true, requestId: expect.any(String) } });
  });

  it("goes no faster than the caller reads, and stops when the caller goes", async () => {
    const answer = await fetch(`${url}/?count=1000000`);
    const reader = answer.body?.getReader();
    await reader?.read();
    await expect.poll(() => produced, { interval: 20 }).toBeGreaterThan(100);
    await reader?.cancel();
    await expect.poll(() => ended, { interval: 20, timeout: 5_000 }).toBe("ended");
    expect(produced).toBeLessThan(100_000);
  });
});

import { request as httpRequest } from "node:http";
import { type FastifyInstance, fastify } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LimitedBody } from "../../src/content/limited-body.js";
import { arrivalPlugin, letArrive } from "../../src/plugins/arrival.js";
import { clientErrorHandler } from "../../src/plugins/client-error.js";

describe("a body that does not arrive", () => {
  let app: FastifyInstance;
  let url: string;
  let failure: string | undefined;

  beforeEach(async () => {
    failure = undefined;
    app = fastify({ clientErrorHandler: clientErrorHandler(false) });
    await app.register(arrivalPlugin, { timeoutMs: 100 });
    app.addContentTypeParser("*", (_request, _payload, done) => done(null));
    app.post("/waits", () => new Promise(() => undefined));
    app.post("/stalls", async (request) => {
      letArrive(request);
      const body = new LimitedBody(request.raw, 1_000, 300);
      await Array.fromAsync(body).catch(() => undefined);
      failure = body.failure?.code;
      return {};
    });
    url = await app.listen({ port: 0, host: "127.0.0.1" });
  });
  afterEach(() => app.close());

  /** Sends half of a body. @returns the status of the answer; `undefined` when the connection was cut. */
  function sendHalf(path: string): Promise<number | undefined> {
    return new Promise((resolve) => {
      const headers = { "content-type": "image/png", "content-length": 10 };
      const request = httpRequest(url + path, { method: "POST", headers }, (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.on("error", () => resolve(undefined));
      request.write("half");
    });
  }

  it("is answered 400 after the time that a request has to arrive", async () => {
    expect(await sendHalf("/waits")).toBe(400);
  });

  it("may take longer where a route lets it, and ends the connection when nothing comes any more", async () => {
    const startedMs = performance.now();
    expect(await sendHalf("/stalls")).toBeUndefined();
    expect(performance.now() - startedMs).toBeGreaterThan(250);
    await expect.poll(() => failure).toBe("BAD_REQUEST");
  });

  it("is no matter of requests that have arrived", async () => {
    const answer = await fetch(`${url}/stalls`, { method: "POST", headers: { "content-type": "a/b" }, body: "whole" });
    expect(answer.status).toBe(200);
    expect(failure).toBeUndefined();
  });
});

import { randomBytes } from "node:crypto";
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { bodyOf, contentLimitBytes, useFilesService } from "./files-service.js";
import { settled } from "./settled.js";

describe("an operation that takes bytes", () => {
  const files = useFilesService();
  let received: { bytes: number; name: string; whole: boolean };

  beforeEach(() => {
    received = { bytes: 0, name: "", whole: false };
    files().vendor.handle = (request, response) => {
      received.name = decodeURIComponent(String(request.headers["x-name"]));
      request.on("data", (piece: Buffer) => {
        received.bytes += piece.length;
      });
      request.on("end", () => {
        received.whole = true;
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ bytes: received.bytes }));
      });
    };
  });

  /** Begins an upload that the test goes on with by itself. */
  function begin(query: string, headers: Record<string, string | number> = {}) {
    const { tenant, address } = files();
    const authorization = `Bearer ${tenant.apiKey}`;
    const options = { method: "POST", headers: { authorization, "content-type": "application/zip", ...headers } };
    const request = httpRequest(address("attachments.upload", query), options);
    const answer = new Promise<IncomingMessage>((resolve, reject) =>
      request.on("response", resolve).on("error", reject),
    );
    answer.catch(() => undefined);
    return { request, answer };
  }

  /** Writes until nobody takes any more, or `totalBytes` are gone. @returns what was taken so far. */
  function push(request: ClientRequest, totalBytes: number): { taken: number } {
    const piece = Buffer.alloc(64 * 1024);
    const state = { taken: 0 };
    const write = () => {
      while (state.taken < totalBytes) {
        state.taken += piece.length;
        if (!request.write(piece)) return;
      }
      request.end();
    };
    request.on("drain", write);
    write();
    return state;
  }

  it("hands bytes and media type to the vendor, and reads its input from the query: text as it is, the rest as JSON", async () => {
    const { vendor, upload } = files();
    const links = encodeURIComponent(JSON.stringify([{ type: "Invoice", id: "7" }]));
    const body = randomBytes(500_000);
    const answer = await upload("attachments.upload", `?note=12&copies=3&links=${links}&fileName=a%20b.png`, {
      type: "image/png",
      body,
    });
    expect(answer.status).toBe(200);
    expect(await bodyOf(answer)).toEqual({
      bytes: body.length,
      input: { note: "12", copies: 3, links: [{ type: "Invoice", id: "7" }], fileName: "a b.png" },
    });
    expect(vendor.requests.at(-1)).toBe("POST /files image/png");
    expect(received.name).toBe("a b.png");
  });

  it.each([
    ["its name", 'attachment; filename="plan.pdf"', "", "plan.pdf"],
    [
      "its extended name",
      "attachment; filename=\"x.pdf\"; filename*=UTF-8''Pl%C3%A4ne%20%E2%82%AC.pdf",
      "",
      "Pläne €.pdf",
    ],
    ["a name with quotes", 'attachment; filename="a \\"b\\"; filename=c.pdf"', "", 'a "b"; filename=c.pdf'],
    ["nothing that it can read", "attachment; filename*=UTF-8''%FF", "", ""],
    ["less than the query", 'attachment; filename="a.pdf"', "?fileName=b.pdf", "b.pdf"],
  ])("takes of Content-Disposition %s", async (_what, disposition, query, name) => {
    const answer = await files().upload("attachments.upload", query, {
      type: "application/pdf",
      disposition,
      body: "%PDF",
    });
    expect(answer.status).toBe(200);
    expect(received.name).toBe(name);
    expect((await bodyOf(answer)).input.fileName).toBe(name === "" ? undefined : name);
  });

  it.each([
    ["?copies=many", "copies"],
    ["?copies=0", "copies"],
    ["?copies=1&copies=2", "copies"],
    ["?note=a&note=b", "note"],
    ["?links=%5B%7B%22type%22%3A1%7D%5D", "links.0.type"],
    ["?links=%7B%22__proto__%22%3A1%7D", "links"],
    [`?note=${"x".repeat(21)}`, "note"],
    ["?note=a%00b", "note"],
    ["?links=%5B%7B%22type%22%3A%22%5Cu0000%22%7D%5D", "links.0.type"],
    ["?misspelt=1", ""],
  ])("refuses the query %s naming %j, and sends nothing", async (query, path) => {
    const { vendor, upload } = files();
    const seen = vendor.requests.length;
    const answer = await upload("attachments.upload", query, { type: "image/png", body: "x" });
    expect(answer.status).toBe(400);
    const problem = await bodyOf(answer);
    expect(problem.code).toBe("VALIDATION_FAILED");
    expect(problem.errors.map((error: { path: string }) => error.path)).toContain(path);
    expect(vendor.requests).toHaveLength(seen);
  });

  it.each([
    ["JSON", "photos.upload", { type: "application/json", body: "{}" }],
    ["another media type", "photos.upload", { type: "image/jpeg", body: "x" }],
    ["no media type", "attachments.upload", { body: new Uint8Array(3) }],
    ["a form", "attachments.upload", { body: new URLSearchParams({ a: "b" }) }],
    ["a form of files", "attachments.upload", { body: new FormData() }],
    ["a media type that is none", "attachments.upload", { type: "image", body: "x" }],
  ])("refuses %s with 415 and sends nothing", async (_what, operation, options) => {
    const { vendor, upload } = files();
    const seen = vendor.requests.length;
    const answer = await upload(operation, "", options);
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
    expect(vendor.requests).toHaveLength(seen);
  });

  it("takes a file of JSON as it is where any media type is taken, and does not look into it", async () => {
    const answer = await files().upload("attachments.upload", "", { type: "application/json", body: '{"a":' });
    expect(await bodyOf(answer)).toMatchObject({ bytes: 5 });
  });

  it("refuses compressed bytes, an idempotency key that is none, and another tenant's connector, and sends nothing", async () => {
    const { vendor, service, connectorId, address, tenant } = files();
    const seen = vendor.requests.length;
    const send = (key: string, headers: object) =>
      fetch(address("attachments.upload"), {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "image/png", ...headers },
        body: "x",
      });
    const stranger = await service.createTenant();
    expect((await send(tenant.apiKey, { "content-encoding": "gzip" })).status).toBe(415);
    expect((await bodyOf(await send(tenant.apiKey, { "idempotency-key": "a b" }))).code).toBe(
      "IDEMPOTENCY_KEY_INVALID",
    );
    expect((await send(stranger.apiKey, {})).status).toBe(404);
    expect((await stranger.api.get(`/v1/connectors/${connectorId}/operations`)).status).toBe(404);
    expect(vendor.requests).toHaveLength(seen);
  });

  it("answers 413 to a length beyond the limit before it reads anything, and asks the vendor nothing", async () => {
    const { vendor } = files();
    const seen = vendor.requests.length;
    const { request, answer } = begin("", { "content-length": contentLimitBytes + 1 });
    request.flushHeaders();
    expect((await answer).statusCode).toBe(413);
    request.destroy();
    expect(vendor.requests).toHaveLength(seen);
  });

  it("answers 413 to a body without a length that goes beyond the limit, and the vendor gets no whole one", async () => {
    const { request, answer } = begin("");
    push(request, contentLimitBytes + 1024 * 1024);
    const { statusCode, headers } = await answer;
    expect([statusCode, headers["content-type"]]).toEqual([413, "application/problem+json"]);
    expect(received.whole).toBe(false);
    expect(received.bytes).toBeLessThanOrEqual(contentLimitBytes);
  });

  it("takes of its caller what the vendor takes and little more, and all of it in the end", async () => {
    const { vendor } = files();
    const usual = vendor.handle;
    const { promise: goOn, resolve: letGoOn } = Promise.withResolvers<void>();
    vendor.handle = (request, response) => void goOn.then(() => usual(request, response));
    const before = process.memoryUsage().arrayBuffers;
    const { request, answer } = begin("");
    const totalBytes = contentLimitBytes;
    const state = push(request, totalBytes);
    expect(await settled(() => state.taken)).toBeLessThan(32 * 1024 * 1024);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
    letGoOn();
    expect((await answer).statusCode).toBe(200);
    expect(received).toMatchObject({ bytes: totalBytes, whole: true });
  });

  it("answers a refusal that the vendor gives before it has read, and takes the next upload", async () => {
    const { vendor, upload } = files();
    const usual = vendor.handle;
    vendor.handle = (_request, response) => response.writeHead(403).end();
    const { request, answer } = begin("");
    push(request, 8 * 1024 * 1024);
    const refusal = await answer;
    expect(refusal.statusCode).toBe(403);
    expect(await json(refusal)).toMatchObject({ code: "PERMISSION_DENIED" });
    request.destroy();
    vendor.handle = usual;
    const next = await upload("attachments.upload", "", { type: "image/png", body: "whole" });
    expect(await bodyOf(next)).toMatchObject({ bytes: 5 });
  });

  it("lets the vendor see no whole file when its caller goes away in the middle", async () => {
    const { vendor } = files();
    const { request } = begin("", { "content-length": 1_000_000 });
    request.write(Buffer.alloc(100_000));
    await expect.poll(() => received.bytes).toBeGreaterThan(0);
    request.destroy();
    await expect.poll(() => vendor.openConnections).toBe(0);
    await nextTurn();
    expect(received.whole).toBe(false);
  });

  it("audits an upload as any write, without its name or a byte of it", async () => {
    const { tenant, connectorId, upload, vendor } = files();
    await upload("attachments.upload", "?fileName=secret-plan.pdf", { type: "application/pdf", body: "%PDF" });
    vendor.handle = (_request, response) => response.writeHead(403).end();
    expect((await upload("attachments.upload", "", { type: "application/pdf", body: "%PDF" })).status).toBe(403);
    const { body, text } = await tenant.api.get(
      `/v1/audit-events?targetId=${connectorId}&action=operation.run&limit=2`,
    );
    expect(body.data).toMatchObject([
      { outcome: "failure", details: { operation: "attachments.upload", code: "PERMISSION_DENIED" } },
      { outcome: "success", details: { operation: "attachments.upload" } },
    ]);
    expect(text).not.toContain("secret-plan");
  });
});

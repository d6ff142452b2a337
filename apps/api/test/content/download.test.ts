import { createHash, randomBytes } from "node:crypto";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { bodyOf, filesConnector, useFilesService } from "./files-service.js";
import { pour } from "./files-vendor.js";
import { settled } from "./settled.js";

describe("an operation that gives bytes", () => {
  const files = useFilesService();

  /** Sends the request and hands over an answer that nobody reads yet. */
  function openPaused(operation: string, input: object): Promise<IncomingMessage> {
    const { tenant, address } = files();
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${tenant.apiKey}`, "content-type": "application/json" };
      const request = httpRequest(address(operation), { method: "POST", headers }, resolve);
      request.on("error", reject);
      request.end(JSON.stringify(input));
    });
  }

  it("answers the vendor's bytes with their media type, name and length, as a file that runs nowhere", async () => {
    const { vendor, open } = files();
    const pdf = randomBytes(300_000);
    vendor.handle = (_request, response) => {
      const length = {
        "content-type": "application/pdf",
        "content-length": pdf.length,
        "x-file-name": "Invoice%207.pdf",
      };
      response.writeHead(200, length).end(pdf);
    };
    const answer = await open("invoices.pdf", { id: "7" });
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "application/pdf",
      "content-length": "300000",
      "content-disposition": 'attachment; filename="Invoice 7.pdf"',
      "x-content-type-options": "nosniff",
      "content-security-policy": expect.stringMatching(/^sandbox;/),
      "cache-control": "no-store",
      "x-request-id": expect.any(String),
    });
    const received = Buffer.from(await answer.arrayBuffer());
    expect(sha256(received)).toBe(sha256(pdf));
    expect(vendor.requests.at(-1)).toBe("GET /pdf/7");
  });

  it("answers without a length what the vendor sends without one, nothing too", async () => {
    const { vendor, open } = files();
    vendor.handle = (_request, response) => {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", "transfer-encoding": "chunked" });
      response.end("");
    };
    const answer = await open("attachments.download", { id: "empty" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(answer.headers.get("content-disposition")).toBe("attachment");
    expect(answer.headers.get("content-length")).toBeNull();
  });

  it("answers a failure of the vendor before the first byte as a problem document", async () => {
    const { vendor, open } = files();
    vendor.handle = (_request, response) => response.writeHead(404, { "content-type": "text/html" }).end("<p>gone</p>");
    const missing = await open("attachments.download", { id: "9" });
    expect([missing.status, missing.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
    expect(await bodyOf(missing)).toMatchObject({ code: "NOT_FOUND", vendor: { status: 404 } });
    vendor.handle = (_request, response) => {
      response.writeHead(200, { "content-type": "application/pdf", "content-length": 10 });
      response.flushHeaders();
      setImmediate(() => response.destroy());
    };
    const cut = await open("invoices.pdf", { id: "9" });
    expect([cut.status, (await bodyOf(cut)).code]).toEqual([502, "RESPONSE_CUT"]);
    expect(cut.headers.get("content-disposition")).toBeNull();
  });

  it("answers UNEXPECTED_RESPONSE when the vendor sends another media type than the operation promises", async () => {
    const { vendor, open } = files();
    vendor.handle = (_request, response) => pour(response.writeHead(200, { "content-type": "text/html" }), 1e9);
    const answer = await open("invoices.pdf", { id: "9" });
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([502, "UNEXPECTED_RESPONSE"]);
    await expect.poll(() => vendor.openConnections).toBe(0);
  });

  it.each([
    ["with a length", { "content-length": "1000000" }],
    ["without a length", { "transfer-encoding": "chunked" }],
  ])("cuts the answer when the vendor's stream %s is cut", async (_what, framing) => {
    const { vendor, open } = files();
    vendor.handle = (_request, response) => {
      response.writeHead(200, { "content-type": "application/pdf", ...framing });
      response.write(Buffer.alloc(100_000), () => setImmediate(() => response.destroy()));
    };
    const answer = await open("invoices.pdf", { id: "cut" });
    expect(answer.status).toBe(200);
    await expect(answer.arrayBuffer()).rejects.toThrow();
  });

  it("reads of the vendor what its caller takes and little more, and all of it in the end", async () => {
    const { vendor } = files();
    const totalBytes = 192 * 1024 * 1024;
    let poured = { handedOver: 0 };
    vendor.handle = (_request, response) => {
      poured = pour(response.writeHead(200, { "content-type": "application/pdf" }), totalBytes);
    };
    const before = process.memoryUsage().arrayBuffers;
    const answer = await openPaused("invoices.pdf", { id: "big" });
    expect(await settled(() => poured.handedOver)).toBeLessThan(32 * 1024 * 1024);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
    let received = 0;
    for await (const piece of answer) received += piece.length;
    expect(received).toBe(totalBytes);
  });

  it("ends the vendor's answer when its caller goes away", async () => {
    const { vendor } = files();
    vendor.handle = (_request, response) => {
      pour(response.writeHead(200, { "content-type": "application/pdf" }), Number.POSITIVE_INFINITY);
    };
    const answer = await openPaused("invoices.pdf", { id: "endless" });
    expect(vendor.openConnections).toBe(1);
    answer.destroy();
    await expect.poll(() => vendor.openConnections).toBe(0);
  });

  it("ends the vendor's call when its caller goes away before the answer", async () => {
    const { vendor, open } = files();
    const caller = new AbortController();
    const arrived = new Promise<void>((resolve) => {
      vendor.handle = () => resolve();
    });
    const answer = open("invoices.pdf", { id: "slow" }, { signal: caller.signal });
    await arrived;
    caller.abort();
    await expect(answer).rejects.toThrow();
    await expect.poll(() => vendor.openConnections).toBe(0);
  });

  it("keeps a connection for the next request after a file", async () => {
    const { vendor, open } = files();
    vendor.handle = (_request, response) => response.writeHead(200, { "content-type": "application/pdf" }).end("%PDF");
    for (let call = 0; call < 3; call += 1) expect(await (await open("invoices.pdf", { id: "1" })).text()).toBe("%PDF");
    expect(vendor.openConnections).toBe(1);
  });

  it("is not there for another tenant, and refuses what is no JSON input", async () => {
    const { vendor, service, connectorId, upload, tenant } = files();
    const stranger = await service.createTenant();
    const seen = vendor.requests.length;
    expect(await stranger.api.run(connectorId, "invoices.pdf", { id: "7" })).toMatchObject({
      status: 404,
      body: { code: "NOT_FOUND" },
    });
    const bytes = await upload("invoices.pdf", "?id=7", { type: "application/pdf", body: "%PDF" });
    expect([bytes.status, (await bodyOf(bytes)).code]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
    expect(await tenant.api.run(connectorId, "invoices.pdf", { id: 7 })).toMatchObject({
      status: 400,
      body: { code: "VALIDATION_FAILED", errors: [{ path: "id" }] },
    });
    expect(vendor.requests).toHaveLength(seen);
  });

  it("works for a connector that was made after another one", async () => {
    const { vendor, tenant } = files();
    vendor.handle = async (request, response) => {
      await buffer(request);
      response.writeHead(200, { "content-type": "application/pdf" }).end("%PDF");
    };
    const second = (await tenant.api.post("/v1/connectors", filesConnector(vendor))).body.id;
    expect((await tenant.api.run(second, "invoices.pdf", { id: "1" })).text).toBe("%PDF");
  });
});

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

import { createServer, type Server } from "node:http";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { createTransport, type TransportRequest } from "@isthmus/core";
import { afterEach, describe, expect, it } from "vitest";
import { PageBody } from "../src/bulk/page-body.js";
import { impatientClock } from "./bulk-bench.js";

const text = Array.from({ length: 20_000 }, (_unused, row) => `"${row}"\n`).join("");
const packed = gzipSync(text);
let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Serves the text packed; the first `cuts` times no more than half of it. */
async function readFrom(cuts: number): Promise<Buffer> {
  let left = cuts;
  const serving = createServer((_request, response) => {
    response.writeHead(200, {
      "content-type": "text/csv",
      "content-encoding": "gzip",
      "content-length": packed.length,
      "sforce-locator": "null",
    });
    left -= 1;
    if (left < 0) response.end(packed);
    else response.write(packed.subarray(0, packed.length >> 1), () => setImmediate(() => response.destroy()));
  });
  server = serving;
  await new Promise<void>((resolve) => serving.listen(0, "127.0.0.1", resolve));
  const address = serving.address();
  if (typeof address !== "object" || address === null) throw new Error("The server has no port.");
  const host = `127.0.0.1:${address.port}`;
  const transport = createTransport({ allowedHosts: [], allowedPrivateHosts: [host] });
  const clock = impatientClock();
  const openStream = ({ path, ...request }: Omit<TransportRequest, "url"> & { readonly path: string }) =>
    transport.stream({ ...request, url: `http://${host}${path}` });
  const { signal } = new AbortController();
  const page = new PageBody({ clock, openStream }, { path: "/page", name: "page", isPaged: true, signal });
  try {
    return await buffer(page.read());
  } finally {
    await transport.close();
  }
}

describe("a page that Salesforce has packed", () => {
  it("is unpacked", async () => {
    expect((await readFrom(0)).toString()).toBe(text);
  });

  it("goes on at the same byte after cuts", async () => {
    expect((await readFrom(3)).toString()).toBe(text);
  });
});

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fields, makeRow, toLine } from "./rows.js";

// Bulk API 2.0 with a set of any size: pages of a query made on the way, and jobs that take whatever is uploaded.
const [total = 1_000_000, pageSize = 100_000] = process.argv.slice(2).map(Number);
const jobs = "/services/data/v60.0/jobs";
const id = "7505e00000A1b2CAAR";
const header = Buffer.from(toLine(fields));
// A thousand rows at once, made once: only their numbers change, so that the server costs the clients little.
const blockRows = 1_000;
const block = Buffer.from(
  Array.from({ length: blockRows }, (_unused, row) => toLine(Object.values(makeRow(row)))).join(""),
);
const places = findNumbers();
let state = "Open";
let uploaded = 0;

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address) process.stdout.write(`${address.port}\n`);
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (url.pathname.endsWith("/results")) return sendPage(Number(url.searchParams.get("locator") ?? 0), response);
  if (url.pathname.endsWith("/resultPages"))
    return sendJson(response, 200, listPages(Number(url.searchParams.get("locator") ?? 0)));
  if (url.pathname.endsWith("/batches")) {
    for await (const piece of request) uploaded += (piece as Buffer).length;
    return sendJson(response, 201, "");
  }
  request.resume();
  if (request.method === "PATCH") state = "JobComplete";
  const isQuery = url.pathname.includes("/query");
  return sendJson(response, 200, {
    id,
    object: "Measurement__c",
    operation: isQuery ? "query" : "insert",
    state: isQuery ? "JobComplete" : state,
    numberRecordsProcessed: isQuery ? total : 0,
    numberRecordsFailed: 0,
    uploaded,
  });
}

function listPages(from: number): unknown {
  const starts = Array.from({ length: 5 }, (_unused, page) => from + page * pageSize).filter((start) => start < total);
  const next = from + 5 * pageSize;
  return {
    resultPages: starts.map((start) => ({ resultUrl: `${jobs}/query/${id}/results?locator=${start}` })),
    ...(next < total && { nextRecordsUrl: `${jobs}/query/${id}/resultPages?locator=${next}` }),
    done: next >= total,
  };
}

async function sendPage(from: number, response: ServerResponse): Promise<void> {
  const to = Math.min(total, from + pageSize);
  response.writeHead(200, {
    "content-type": "text/csv; charset=UTF-8",
    "sforce-locator": to < total ? String(to) : "null",
    "sforce-numberofrecords": String(to - from),
  });
  await pipeline(Readable.from(makePage(from, to), { objectMode: false }), response);
}

function* makePage(from: number, to: number): Generator<Buffer> {
  yield header;
  for (let start = from; start < to; start += blockRows) {
    const bytes = Buffer.from(block);
    places.forEach((ofRow, row) => {
      const digits = String(start + row).padStart(9, "0");
      for (const place of ofRow) bytes.write(digits, place, "latin1");
    });
    yield bytes;
  }
}

/** Where the number of each row stands: in its id and in its serial. */
function findNumbers(): number[][] {
  const found: number[][] = [];
  let from = 0;
  for (let row = 0; row < blockRows; row += 1) {
    const inId = block.indexOf('"a0M5e00', from) + 8;
    const inSerial = block.indexOf('"SN-', inId) + 4;
    found.push([inId, inSerial]);
    from = inSerial;
  }
  return found;
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(body === "" ? "" : JSON.stringify(body));
}

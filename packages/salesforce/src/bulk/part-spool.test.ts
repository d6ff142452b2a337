import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createTransport } from "@isthmus/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PartSpool } from "./part-spool.js";

const mebibyte = 1024 * 1024;
let spool: PartSpool;

beforeEach(() => {
  spool = new PartSpool();
});

afterEach(() => spool.release());

/** A MiB that stays in memory, and then `rest`, which goes to the file. */
async function fill(rest: Buffer): Promise<Buffer> {
  const first = Buffer.alloc(mebibyte, "a");
  await spool.append(first, 1);
  await spool.append(rest, 1);
  return Buffer.concat([first, rest]);
}

async function readAll(): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of spool.read()) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

describe("PartSpool", () => {
  it.each(["é", "€", "😀", "\ufeff"])(
    "gives back every byte wherever %j is cut by the end of a piece",
    async (text) => {
      for (let before = 0; before < Buffer.byteLength(text); before += 1) {
        spool = new PartSpool();
        const all = await fill(Buffer.from("x".repeat(before) + text.repeat(30_000)));
        expect((await readAll()).equals(all)).toBe(true);
        await spool.release();
      }
    },
  );

  it("gives back bytes that are no text as they came", async () => {
    const noise = Buffer.from(Array.from({ length: 100_000 }, (_unused, index) => (index * index) % 256));
    const all = await fill(Buffer.concat([noise, Buffer.from([0xf0, 0x9f])]));
    expect((await readAll()).equals(all)).toBe(true);
  });

  it("takes memory for no piece that is text, but the heap's", async () => {
    await fill(Buffer.from("Jörg\n".repeat(50_000)));
    const kinds = new Set<string>();
    let bytes = 0;
    for await (const piece of spool.read()) {
      bytes += Buffer.byteLength(piece);
      if (bytes > mebibyte) kinds.add(typeof piece);
    }
    expect([...kinds]).toEqual(["string"]);
  });

  it("is uploaded as it is", async () => {
    const all = await fill(Buffer.concat([Buffer.from("€,😀,Jörg\n".repeat(20_000)), Buffer.from([0xff, 0x0a])]));
    const received: Buffer[] = [];
    const server = createServer((request, response) => {
      request.on("data", (piece: Buffer) => received.push(piece)).on("end", () => response.writeHead(201).end());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const transport = createTransport({ allowedHosts: [], allowedPrivateHosts: [host] });
    try {
      const headers = { "content-length": String(spool.bytes) };
      const url = `http://${host}/`;
      await transport.request({ name: "upload", method: "PUT", url, headers, body: spool.read(), idempotent: true });
      expect(Buffer.concat(received).equals(all)).toBe(true);
    } finally {
      await transport.close();
      server.close();
    }
  });
});

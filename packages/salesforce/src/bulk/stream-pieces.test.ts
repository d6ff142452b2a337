import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { piecesOf } from "./stream-pieces.js";

async function collect(stream: Readable): Promise<unknown[]> {
  const pieces: unknown[] = [];
  for await (const piece of piecesOf(stream)) pieces.push(piece);
  return pieces;
}

describe("piecesOf", () => {
  it("gives pieces as they came, also those that gathered while nobody asked", async () => {
    const given = ["a", "b", "c", "d"].map((text) => Buffer.from(text));
    const stream = new PassThrough();
    for (const piece of given) stream.write(piece);
    stream.end();
    const pieces = await collect(stream);
    expect(pieces).toEqual(given);
  });

  it("lets a stream wait for who reads it", async () => {
    let made = 0;
    const endless = function* () {
      for (;;) {
        made += 1;
        yield Buffer.alloc(1024);
      }
    };
    const stream = Readable.from(endless(), { objectMode: false, highWaterMark: 1 });
    let read = 0;
    for await (const _piece of piecesOf(stream)) {
      read += 1;
      await new Promise((resolve) => setImmediate(resolve));
      if (read === 20) break;
    }
    expect(made).toBeLessThan(30);
    expect(stream.destroyed).toBe(true);
  });

  it("fails with what the stream fails with", async () => {
    const stream = new PassThrough();
    stream.write("a");
    setImmediate(() => stream.destroy(new Error("the disk is gone")));
    await expect(collect(stream)).rejects.toThrow("the disk is gone");
  });

  it("fails when the stream is closed before its end", async () => {
    const stream = new PassThrough();
    stream.write("a");
    setImmediate(() => stream.destroy());
    await expect(collect(stream)).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
  });

  it("fails for a stream that has failed before", async () => {
    const stream = new PassThrough();
    stream.on("error", () => undefined);
    stream.destroy(new Error("the disk is gone"));
    await expect(collect(stream)).rejects.toThrow();
  });
});

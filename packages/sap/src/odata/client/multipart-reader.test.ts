import { isConnectorError } from "@isthmus/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMultipart } from "./multipart-reader.js";

const answer = (body: string) =>
  `Content-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n${body}`;
const whole = (boundary: string, parts: readonly string[]) =>
  `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join("")}--${boundary}--`;

describe("readMultipart", () => {
  it("gives back any content that does not hold the boundary", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 5 }), (contents) => {
        const parts = readMultipart(
          "multipart/mixed; boundary=b0undary",
          Buffer.from(whole("b0undary", contents.map(answer))),
          5,
        );
        expect(parts.map((part) => part.kind === "answer" && part.answer.text())).toEqual(contents);
      }),
    );
  });

  it("answers or throws a typed error, whatever bytes come", () => {
    const inner = `Content-Type: multipart/mixed; boundary=c\r\n\r\n${whole("c", [answer("{}"), answer("{}")])}`;
    const good = Buffer.from(whole("b", [answer('{"d":{}}'), inner]));
    const edit = fc.tuple(fc.nat(good.length), fc.nat(20), fc.uint8Array({ maxLength: 8 }));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const body = edits.reduce(
          (bytes, [at, cut, put]) => Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]),
          good,
        );
        try {
          expect(readMultipart("multipart/mixed; boundary=b", body, 3).length).toBeLessThanOrEqual(3);
        } catch (error) {
          if (!isConnectorError(error)) throw error;
          expect(error.code).toBe("UNEXPECTED_RESPONSE");
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("takes no time that grows with the square of the answer", () => {
    const many = Buffer.from("--b\r\n".repeat(400_000));
    expect(() => readMultipart("multipart/mixed; boundary=b", many, 1_000)).toThrow();
    const almost = Buffer.from(`--b\r\n${"\r\n--bx".repeat(400_000)}`);
    expect(() => readMultipart("multipart/mixed; boundary=b", almost, 1_000)).toThrow();
  });
});

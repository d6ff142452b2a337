import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findNextLink } from "./link-header.js";

describe("findNextLink", () => {
  it.each<[string | string[] | undefined, string | undefined]>([
    ["</p2>; rel=next", "/p2"],
    ['</p2>; rel="next"', "/p2"],
    ['</p2>;rel="prev next"', "/p2"],
    ['</p2>; REL="NEXT"', "/p2"],
    ['<https://api.example.com/a,b;c?d="e">; rel="next"', 'https://api.example.com/a,b;c?d="e"'],
    ['</p1>; rel="prev", </p3>; title="a \\" , <x>; rel=next"; rel="next"', "/p3"],
    [["</p1>; rel=first", "</p2>; rel=next"], "/p2"],
    // RFC 8288 section 3.3: of several "rel" all but the first are ignored.
    ['</p2>; rel="prev"; rel="next"', undefined],
    ['</p2>; rel=next; anchor="/other"', undefined],
    ['</p2>; rel="nextpage"', undefined],
    ["</p2>", undefined],
    ["", undefined],
    [undefined, undefined],
    ["rel=next", undefined],
    ["</p1>; rel=first oops </p2>; rel=next", undefined],
  ])("finds in %j %j", (header, next) => expect(findNextLink(header)).toBe(next));

  it("ends for whatever an API sends", () => {
    const pieces = fc.constantFrom("<", ">", ";", ",", '"', "\\", "rel", "=", "next", " ", "/p", "\t");
    fc.assert(fc.property(fc.string({ unit: pieces, maxLength: 60 }), (text) => void findNextLink(text)));
    const startedMs = performance.now();
    findNextLink(`</p>; rel="${"\\".repeat(100_000)}`);
    findNextLink(", ".repeat(100_000));
    findNextLink(`</p>${"; a=b".repeat(50_000)}`);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});

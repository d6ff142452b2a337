import { describe, expect, it } from "vitest";
import { isJsonPointer, resolvePointer } from "./json-pointer.js";

// https://www.rfc-editor.org/rfc/rfc6901#section-5
const document = {
  foo: ["bar", "baz"],
  "": 0,
  "a/b": 1,
  "c%d": 2,
  "e^f": 3,
  "g|h": 4,
  "i\\j": 5,
  'k"l': 6,
  " ": 7,
  "m~n": 8,
};

describe("a JSON Pointer", () => {
  it.each<[string, unknown]>([
    ["", document],
    ["/foo", document.foo],
    ["/foo/0", "bar"],
    ["/", 0],
    ["/a~1b", 1],
    ["/c%d", 2],
    ["/e^f", 3],
    ["/g|h", 4],
    ["/i\\j", 5],
    ['/k"l', 6],
    ["/ ", 7],
    ["/m~0n", 8],
  ])("%j leads where RFC 6901 says", (pointer, value) => {
    expect(isJsonPointer(pointer)).toBe(true);
    expect(resolvePointer(document, pointer)).toEqual(value);
  });

  it.each(["/foo/2", "/foo/-", "/foo/00", "/foo/length", "/constructor", "/foo/0/0", "/none/at/all", "/__proto__"])(
    "%j leads nowhere",
    (pointer) => expect(resolvePointer(document, pointer)).toBeUndefined(),
  );

  it.each(["foo", "#/foo", "/~", "/~2", "/a~"])("%j is none", (pointer) => expect(isJsonPointer(pointer)).toBe(false));
});

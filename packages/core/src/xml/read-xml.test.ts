import { describe, expect, it } from "vitest";
import { childrenOf, findChild, readXml } from "./read-xml.js";

describe("readXml", () => {
  it("keeps text as written: spaces, CDATA and the five entities", () => {
    const root = readXml('<a xmlns="urn:x" xmlns:p="urn:y"> 1 <p:b n="&lt;&#65;"><![CDATA[<x>]]> &amp;</p:b></a>');
    expect(root).toMatchObject({ name: "a", namespace: "urn:x", text: " 1 " });
    const [b] = childrenOf(root, "b");
    expect(b).toMatchObject({ name: "b", namespace: "urn:y", text: "<x> &" });
    expect(b?.attributes).toEqual(new Map([["n", "<A"]]));
  });

  it("reads a text of many megabytes", () => {
    const text = "0123456789".repeat(500_000);
    expect(readXml(`<a>${text}</a>`).text).toBe(text);
    expect(findChild(readXml(`<a><b><![CDATA[${text}]]></b></a>`), "b")?.text).toBe(text);
  });

  it.each([
    ["UTF-8", '<?xml version="1.0"?><a>Müller</a>', "utf8"],
    ["ISO-8859-1", '<?xml version="1.0" encoding="ISO-8859-1"?><a>Müller</a>', "latin1"],
    ["UTF-16 with a mark", '\ufeff<?xml version="1.0" encoding="UTF-16"?><a>Müller</a>', "utf16le"],
  ] as const)("reads bytes in %s", (_name, document, encoding) => {
    expect(readXml(Buffer.from(document, encoding)).text).toBe("Müller");
  });

  it.each([
    ["an entity bomb", '<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;">]><a>&m;</a>'],
    ["an external entity", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ["an entity that nobody declared", "<a>&x;</a>"],
    ["a cut document", "<a><b>"],
    ["an element that another one closes", "<a><b></a></b>"],
    ["HTML", "<html><body>Log on<br></body></html>"],
    ["two roots", "<a/><b/>"],
    ["bytes that are no UTF-8", Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e])],
    ["an encoding that does not exist", Buffer.from('<?xml version="1.0" encoding="x-none"?><a/>')],
    ["nothing", ""],
  ])("refuses %s", (_name, document) => {
    expect(() => readXml(document)).toThrow(expect.objectContaining({ code: "UNEXPECTED_RESPONSE" }));
  });

  it.each([
    ["deep nesting", "<a>".repeat(100_000)],
    ["a huge attribute", `<a b="${"x".repeat(1_000_000)}"/>`],
    ["thousands of attributes", `<a ${Array.from({ length: 5_000 }, (_, at) => `b${at}=""`).join(" ")}/>`],
  ])("stops at %s", (_name, document) => {
    expect(() => readXml(document)).toThrow(expect.objectContaining({ code: "RESPONSE_TOO_LARGE" }));
  });

  it("stops at its limits of elements and bytes", () => {
    const code = "RESPONSE_TOO_LARGE";
    expect(() => readXml("<a><b/><b/></a>", { maxElements: 2 })).toThrow(expect.objectContaining({ code }));
    expect(() => readXml("<a></a>", { maxBytes: 6 })).toThrow(expect.objectContaining({ code }));
  });
});

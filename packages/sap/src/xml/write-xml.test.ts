import { findForbiddenCharacter, readXml } from "@isthmus/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { writeXml, type XmlNode } from "./write-xml.js";

describe("writeXml", () => {
  it("writes elements, attributes and namespaces in the order given", () => {
    const root: XmlNode = {
      name: "soap:Envelope",
      attributes: { "xmlns:soap": "urn:s", a: "1" },
      children: [{ name: "B", text: "x" }, { name: "C" }],
    };
    expect(writeXml(root)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="urn:s" a="1"><B>x</B><C/></soap:Envelope>',
    );
  });

  it("gives any text back to a reader as it was, in elements and in attributes", () => {
    const text = fc
      .string({ unit: fc.oneof(fc.constantFrom("\r", "\n", "\t", "&", "<", ">", '"', "]]>", " ", "😀"), fc.string()) })
      .filter((value) => findForbiddenCharacter(value) === undefined);
    fc.assert(
      fc.property(text, text, (inner, attribute) => {
        const read = readXml(writeXml({ name: "A", attributes: { x: attribute }, text: inner }));
        expect(read.text).toBe(inner);
        expect(read.attributes.get("x")).toBe(attribute);
      }),
    );
  });

  it.each([
    ["a null character", "a\u0000", "U+0000"],
    ["an escape character", "\u001b", "U+001B"],
    ["half a surrogate pair", "a\ud800b", "U+D800"],
    ["a character that is none", "\uffff", "U+FFFF"],
  ])("refuses %s, naming the element", (_name, text, character) => {
    const root = { name: "A", children: [{ name: "B", text }] };
    expect(() => writeXml(root)).toThrow(
      expect.objectContaining({
        code: "VALIDATION_FAILED",
        issues: [{ path: "A.B", message: expect.stringContaining(character) }],
      }),
    );
  });

  it.each([
    ["a name with a blank", { name: "A B" }],
    ["a name that closes the tag", { name: 'A x="' }],
    ["an attribute of such a name", { name: "A", attributes: { "x y": "" } }],
    ["text beside elements", { name: "A", text: "x", children: [{ name: "B" }] }],
  ])("refuses %s", (_name, root) => {
    expect(() => writeXml(root)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });
});

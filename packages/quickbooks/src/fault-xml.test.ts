import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readXmlFault } from "./fault-xml.js";

const error = (inside: string, attributes = 'code="610"') =>
  `<IntuitResponse><Fault type="ValidationFault"><Error ${attributes}>${inside}</Error></Fault></IntuitResponse>`;
const firstOf = (text: string) => readXmlFault(text)?.Fault.Error[0];

describe("readXmlFault", () => {
  it("reads every error of a fault, with its type", () => {
    const text = `<?xml version="1.0"?>
      <!-- a > comment -->
      <IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time="t"><Fault type="ValidationFault">
        <Error code="2050" element="firstname"><Message>Length</Message><Detail>Of 21</Detail></Error>
        <Error code='2080'/>
      </Fault></IntuitResponse>`;
    expect(readXmlFault(text)).toEqual({
      Fault: {
        type: "ValidationFault",
        Error: [{ code: "2050", element: "firstname", Message: "Length", Detail: "Of 21" }, { code: "2080" }],
      },
    });
  });

  it("reads a bare fault, and names with a prefix", () => {
    const text =
      '<q:Fault xmlns:q="u" type="SystemFault"><q:Error code="500"><q:Message>m</q:Message></q:Error></q:Fault>';
    expect(readXmlFault(text)).toEqual({ Fault: { type: "SystemFault", Error: [{ code: "500", Message: "m" }] } });
  });

  it("puts in the five entities, characters by number and CDATA, and no other", () => {
    expect(firstOf(error("<Message>&lt;a &amp;amp; &#66;&#x43;&#xD800; &own;<![CDATA[<d>]]></Message>"))).toEqual({
      code: "610",
      Message: "<a &amp; BC&#xD800; &own;<d>",
    });
  });

  it("takes nothing for a code that stands elsewhere", () => {
    expect(firstOf(error("<Message>m</Message><More><Error code='1'/><Message>x</Message></More>"))).toEqual({
      code: "610",
      Message: "m",
    });
    expect(
      readXmlFault('<IntuitResponse><QueryResponse><Fault><Error code="1"/></Fault></QueryResponse></IntuitResponse>'),
    ).toBeUndefined();
  });

  it.each([
    ["a page", "<html><body>No Fault of ours</body></html>"],
    ["a document type", `<!DOCTYPE x [<!ENTITY a "b">]>${error("")}`],
    ["a text that breaks off", error("<Message>m</Message>").slice(0, -35)],
    ["crossed elements", "<Fault><Error></Fault></Error>"],
    ["a fault without errors", "<IntuitResponse><Fault></Fault></IntuitResponse>"],
    ["JSON", '{"Fault":{}}'],
    ["nothing", ""],
  ])("finds no fault in %s", (_case, text) => {
    expect(readXmlFault(text)).toBeUndefined();
  });

  it.each(["<", "<a ", "<a b=", '<a b="', "<Fault>", "</", "&", "<!--", "<![CDATA[", "<?", " ", "<a b='c' "])(
    "has read ten million characters of %j in a moment",
    (part) => {
      const before = performance.now();
      readXmlFault(`<Fault>${part.repeat(10_000_000 / part.length)}`);
      expect(performance.now() - before).toBeLessThan(1_000);
    },
  );

  it("throws for no text", () => {
    const piece = fc.constantFrom(
      "<",
      "</",
      ">",
      "/>",
      "Fault",
      "Error",
      ' code="1"',
      "&#1;",
      "<!--",
      "-->",
      " ",
      "x",
      "]]>",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        readXmlFault(`<Fault>${pieces.join("")}`);
      }),
    );
  });
});

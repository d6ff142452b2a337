import { describe, expect, it } from "vitest";
import { answerOf, message } from "./envelopes.js";
import { modulesAt, startStub } from "./harness.js";
import { bapiret2, char, numc, structure, table, typed, wsdlOf } from "./wsdl.js";

const name = "BAPI_X";
const types = [
  bapiret2,
  structure("BAPIRETURN", char("TYPE", 1) + char("CODE", 5) + char("MESSAGE", 220) + char("MESSAGE_V1", 50)),
  structure("BAPIRET1", char("TYPE", 1) + char("ID", 20) + numc("NUMBER", 3) + char("MESSAGE", 220)),
  structure("OTHER", char("TYPE", 1) + char("MESSAGE", 220)),
].join("");

async function call(output: string, values: string, parts: object = {}) {
  const stub = await startStub(() => ({ body: answerOf(name, values) }));
  const wsdl = wsdlOf({ name, types, input: "", output });
  return modulesAt(stub.origin, { wsdls: { [name]: wsdl }, ...parts }).call(name);
}

const rows = (...all: string[]) => `<RETURN>${all.map((row) => `<item>${row}</item>`).join("")}</RETURN>`;

describe("what a BAPI returns", () => {
  it.each([
    ["a table of BAPIRET2", table("RETURN", "s0:BAPIRET2"), rows(message("E", "V1", "042", "No"))],
    ["a structure BAPIRET2", typed("RETURN", "s0:BAPIRET2"), `<RETURN>${message("E", "V1", "042", "No")}</RETURN>`],
    ["a structure BAPIRET1", typed("RETURN", "s0:BAPIRET1"), `<RETURN>${message("A", "V1", "042", "No")}</RETURN>`],
    [
      "a BAPIRETURN",
      typed("RETURN", "s0:BAPIRETURN"),
      "<RETURN><TYPE>E</TYPE><CODE>V1042</CODE><MESSAGE>No</MESSAGE></RETURN>",
    ],
    [
      "a BAPIRETURN with its variables alone",
      typed("RETURN", "s0:BAPIRETURN"),
      "<RETURN><TYPE>E</TYPE><CODE>V1042</CODE><MESSAGE_V1>No</MESSAGE_V1></RETURN>",
    ],
    [
      "a table by another name",
      table("ET_RETURN", "s0:BAPIRET2"),
      rows(message("X", "V1", "042", "No")).replaceAll("RETURN>", "ET_RETURN>"),
    ],
  ])("is read from %s", async (_form, output, values) => {
    await expect(call(output, values)).rejects.toMatchObject({
      code: "CONFLICT",
      retryable: true,
      vendor: { code: "V1/042", messages: [{ severity: "error", code: "V1/042", message: "No" }] },
    });
  });

  it("is an error with every message, by the code of the first error", async () => {
    const values = rows(
      message("S", "V4", "233", "Header processed"),
      message("W", "V1", "555", "Check the date"),
      `${message("E", "V4", "219", "Not changed")}<FIELD>DOC_NUMBER</FIELD>`,
      message("E", "V1", "382", "Item incomplete"),
    );
    await expect(call(table("RETURN", "s0:BAPIRET2"), values)).rejects.toMatchObject({
      code: "VENDOR_REJECTED",
      retryable: false,
      vendor: {
        code: "V4/219",
        message: "Not changed",
        messages: [
          { severity: "success", code: "V4/233" },
          { severity: "warning", code: "V1/555" },
          { severity: "error", code: "V4/219", field: "DOC_NUMBER" },
          { severity: "error", code: "V1/382" },
        ],
      },
    });
  });

  it("comes with the result when it is no error", async () => {
    const values = rows(message("I", "AB", "1", "Note"), message("W", "AB", "002", "Take care"));
    expect((await call(table("RETURN", "s0:BAPIRET2"), values)).messages).toEqual([
      { severity: "information", code: "AB/001", message: "Note" },
      { severity: "warning", code: "AB/002", message: "Take care" },
    ]);
  });

  it("is nothing where a structure is empty", async () => {
    const values = `<RETURN>${message("", "", "000", "")}</RETURN>`;
    expect((await call(typed("RETURN", "s0:BAPIRET2"), values)).messages).toEqual([]);
  });

  it("may be named in the configuration", async () => {
    const values = rows(message("E", "AB", "001", "No")).replaceAll("RETURN>", "DETAIL_MESSAGE>");
    const output = table("DETAIL_MESSAGE", "s0:BAPIRET2");
    expect((await call(output, values)).messages).toEqual([]);
    await expect(call(output, values, { returnParameters: ["DETAIL_MESSAGE"] })).rejects.toMatchObject({
      vendor: { code: "AB/001" },
    });
  });

  it("is data where a parameter only looks alike", async () => {
    const values = "<RETURN><TYPE>E</TYPE><MESSAGE>x</MESSAGE></RETURN>";
    expect((await call(typed("RETURN", "s0:OTHER"), values)).values).toEqual({ RETURN: { TYPE: "E", MESSAGE: "x" } });
  });

  it.each([
    ["M3/024 by its code, in any language", "M3", "024", "Die Werksdaten sind gesperrt", {}],
    ["a lock by its words", "ZZ", "001", "Order 17 is currently being processed by user SMITH", {}],
    ["a lock of the system's own", "ZZ", "001", "Gesperrt", { lockMessages: ["ZZ/001"] }],
  ])("may be tried again after %s", async (_what, id, number, words, parts) => {
    const failed = call(table("RETURN", "s0:BAPIRET2"), rows(message("E", id, number, words)), parts);
    await expect(failed).rejects.toMatchObject({ code: "CONFLICT", retryable: true });
  });
});

import { takesKey } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { sap } from "../src/index.js";
import { sendIdocs } from "../src/operations/idocs.js";
import { callFunction } from "../src/operations/rfc.js";

describe("rfc.call", () => {
  const issuesOf = (input: object) =>
    callFunction.input.safeParse(input).error?.issues.map(({ path }) => path.join("."));
  const functionModule = "BAPI_SALESORDER_CREATEFROMDAT2";

  it("wants to be told who commits, unless the module only reads", () => {
    expect(issuesOf({ functionModule })).toEqual(["commit"]);
    expect(issuesOf({ functionModule, readOnly: false })).toEqual(["commit"]);
    expect(issuesOf({ functionModule, readOnly: true, commit: "auto" })).toEqual(["commit"]);
    for (const rest of [
      { commit: "auto" },
      { commit: "none" },
      { readOnly: true },
      { readOnly: true, commit: "none" },
    ]) {
      expect(issuesOf({ functionModule, ...rest })).toBeUndefined();
    }
  });
});

describe("a write with a key", () => {
  const path = "/sap/opu/odata/sap/API_SALES_ORDER_SRV";
  const odata = { remembers: { path, repeatableRequests: true }, forgets: { path } };
  const operationsOf = (configuration: object) =>
    new Map(
      sap
        .operations(sap.configuration.parse({ url: "https://s4.example.com", ...configuration }))
        .map((operation) => [operation.name, (input: object) => takesKey(operation, input)]),
    );
  const segments = [{ name: "E1EDK01" }];
  const idocs = { key: "k", idocs: [{ control: { IDOCTYP: "ORDERS05", MESTYP: "ORDERS" }, segments }] };

  it("is known again by a service of which that is configured, and by SAP as one IDoc that it takes exactly once", () => {
    const operations = operationsOf({ odata });
    const create = { entitySet: "A_SalesOrder", record: {} };
    expect(operations.get("odata.create")?.({ ...create, service: "remembers" })).toBe(true);
    for (const service of ["forgets", "constructor"]) {
      expect(operations.get("odata.create")?.({ ...create, service })).toBe(false);
    }
    expect(operationsOf({}).get("odata.create")?.({ ...create, service: "remembers" })).toBe(false);
    expect(operations.get("idocs.send")?.({ ...idocs, form: "soap", exactlyOnce: true })).toBe(true);
    expect(operations.get("idocs.send")?.(idocs)).toBe(false);
    expect(operations.get("idocs.send")?.({ ...idocs, form: "soap", exactlyOnce: true, key: "" })).toBe(false);
    expect(operations.get("odata.invoke")?.({})).toBe(false);
  });
});

describe("an input without end", () => {
  const nest = (inner: string) => JSON.parse(`${`{"${inner}":[`.repeat(20_000)}${"]}".repeat(20_000)}`);

  it.each([
    ["parameters", callFunction, { functionModule: "Z_X", commit: "none", parameters: nest("A") }],
    [
      "segments",
      sendIdocs,
      { key: "k", idocs: [{ control: { IDOCTYP: "ORDERS05", MESTYP: "ORDERS" }, segments: [nest("segments")] }] },
    ],
  ])("of %s is refused by its depth, without walking down", (_name, operation, input) => {
    expect(operation.input.safeParse(input).error?.issues[0]?.message).toMatch(/deep/);
  });
});

import { describe, expect, it } from "vitest";
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

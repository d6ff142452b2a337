import { describe, expect, it } from "vitest";
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

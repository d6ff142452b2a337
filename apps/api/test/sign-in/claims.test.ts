import { describe, expect, it } from "vitest";
import { readClaim } from "../../src/sign-in/claims.js";

describe("reading a claim", () => {
  it("finds only what the token itself holds, at every step", () => {
    const claims = JSON.parse('{ "a": { "b": ["x"] }, "__proto__": { "c": "y" } }') as Record<string, unknown>;
    expect(readClaim(claims, ["a", "b"])).toEqual(["x"]);
    for (const path of [
      ["constructor"],
      ["a", "__proto__"],
      ["a", "toString"],
      ["c"],
      ["a", "b", "0"],
      ["a", "b", "length"],
    ]) {
      expect(readClaim(claims, path), path.join(".")).toBeUndefined();
    }
  });
});

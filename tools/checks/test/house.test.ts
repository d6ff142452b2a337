import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkDocstrings } from "../src/docstrings.mjs";
import { checkRequirements } from "../src/requirements.mjs";
import { checkVendorNames } from "../src/vendor-names.mjs";
import { checkWalls } from "../src/walls.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));

describe("the house", () => {
  it("has walls that hold: every import follows the arrows of the design", { timeout: 60_000 }, async () => {
    expect(await checkWalls(root)).toEqual([]);
  });

  it("has no vendor's name in core and apps", () => {
    expect(checkVendorNames(root)).toEqual([]);
  });

  it("documents every name that a package exports", { timeout: 90_000 }, async () => {
    expect(await checkDocstrings(root)).toEqual([]);
  });

  it("maps every requirement to code and test", () => {
    expect(checkRequirements(root)).toEqual([]);
  });
});

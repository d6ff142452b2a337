import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { examples } from "../../apps/api/src/configuration/variables.js";
import { root } from "./support/snippets.js";

describe("the service's README", () => {
  it("names every variable that the service reads, and no other", () => {
    const text = readFileSync(new URL("apps/api/README.md", root), "utf8");
    const rows = text.split("\n").filter((line) => line.startsWith("| `"));
    const named = rows.flatMap((row) =>
      [...(row.split("|")[1] ?? "").matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name),
    );
    expect(named.toSorted()).toEqual(Object.keys(examples).toSorted());
  });
});

import { describe, expect, it } from "vitest";
import { checkDocstrings } from "../src/docstrings.mjs";
import { writeTree } from "./tree.js";

const root = writeTree({
  "packages/acme/package.json": `{ "name": "@isthmus/acme", "type": "module" }`,
  "packages/acme/src/index.ts": `export { documented, type Options, plain, Thing } from "./parts.js";\nexport const here = 1;`,
  "packages/acme/src/parts.ts": [
    "/** Says what it is. */",
    "export function documented(): number { return 1; }",
    "export function plain(): number { return 2; }",
    "// Not a doc comment.",
    "export interface Options { readonly timeoutMs: number }",
    "/** A thing. */",
    "export class Thing { run(): number { return 3; } }",
    "export const inside = 4;",
  ].join("\n"),
});

describe("checkDocstrings", () => {
  it("names each export without a doc comment with its file and line, and nothing that stays inside", {
    timeout: 60_000,
  }, async () => {
    const lines = await checkDocstrings(root);
    expect(lines.map((line) => line.split(" ")[0])).toEqual([
      "packages/acme/src/index.ts:2:",
      "packages/acme/src/parts.ts:3:",
      "packages/acme/src/parts.ts:5:",
    ]);
    expect(lines.join("\n")).toMatch(/plain has no doc comment/);
  });

  it("names members of exported classes and interfaces when asked", { timeout: 60_000 }, async () => {
    const lines = (await checkDocstrings(root, { members: true })).join("\n");
    expect(lines).toMatch(/parts.ts:5: .*timeoutMs/);
    expect(lines).toMatch(/parts.ts:7: .*run/);
  });

  it("says so when there is nothing to check", async () => {
    expect(await checkDocstrings(writeTree({}))).toEqual([expect.stringContaining("no package")]);
  });
});

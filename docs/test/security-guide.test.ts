import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { root } from "./support/snippets.js";

describe("the security guide", () => {
  const text = readFileSync(new URL("docs/security.md", root), "utf8");
  const [, promises = ""] = text.split("## What is promised, and what holds it");
  const rows = (promises.split("\n## ")[0] ?? "").split("\n").filter((line) => /^\| [A-Z]/.test(line));

  it("names tests that are there", () => {
    const paths = text.match(/`[\w./-]+\.test\.ts`/g)?.map((path) => path.slice(1, -1)) ?? [];
    expect(paths.length).toBeGreaterThan(30);
    expect(paths.filter((path) => !path.startsWith("docs/test/") && !existsSync(new URL(path, root)))).toEqual([]);
  });

  it("makes no promise that no test holds", () => {
    expect(rows.length).toBeGreaterThan(12);
    expect(rows.filter((row) => !row.includes(".test.ts`"))).toEqual([]);
  });

  it("leads to pages that are there", () => {
    const links = [...text.matchAll(/\]\(([\w./-]+)\)/g)].map(([, path]) => path ?? "");
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((path) => !existsSync(new URL(path, new URL("docs/", root))))).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { requirementIds } from "../src/requirement-ids.mjs";
import { checkRequirements } from "../src/requirements.mjs";
import { writeTree } from "./tree.js";

const head = "| Id | Meaning | Code | Tests | State |\n|-|-|-|-|-|\n";
const code = "`src/vault.ts`";
const tests = '`src/vault.test.ts` "TEST-001 seals"';

function check(rows: string[], ids: string[]) {
  const root = writeTree({
    "docs/requirements.md": head + rows.join("\n"),
    "src/vault.ts": "",
    "src/vault.test.ts": `it("TEST-001 seals credentials", () => {});\n// TEST-002 is only mentioned`,
  });
  return checkRequirements(root, ids).join("\n");
}

describe("checkRequirements", () => {
  it("is content with rows that are done and shown, planned, or later", () => {
    const rows = [
      `| TEST-001 | sealed | ${code} | ${tests} | done |`,
      "| TEST-002 | made | | | planned |",
      "| KIV-001 | Kafka | | | later: streams |",
    ];
    expect(check(rows, ["TEST-001", "TEST-002", "KIV-001"])).toBe("");
  });

  it.each([
    ["a missing id", [], "SEC-001 is missing"],
    ["a missing file of code", ["| SEC-001 | x | `src/nowhere.ts` | | planned |"], "nowhere.ts, which does not exist"],
    [
      "a missing test file",
      [`| SEC-001 | x | ${code} | \`src/nowhere.test.ts\` "x" | done |`],
      "nowhere.test.ts, which does not exist",
    ],
    ["a missing title", [`| SEC-001 | x | ${code} | \`src/vault.test.ts\` "opens" | done |`], '"opens", which'],
    [
      "a title that is only mentioned",
      [`| SEC-001 | x | ${code} | \`src/vault.test.ts\` "TEST-002" | done |`],
      '"TEST-002", which',
    ],
    ["done without code", [`| SEC-001 | x | | ${tests} | done |`], "names no code"],
    ["done without a test", [`| SEC-001 | x | ${code} | | done |`], "names no test"],
    ["a state of its own", ["| SEC-001 | x | | | nearly |"], 'state "nearly"'],
    ["later without saying when", ["| SEC-001 | x | | | later |"], 'state "later"'],
    ["an id twice", ["| SEC-001 | x | | | planned |", "| SEC-001 | x | | | planned |"], "twice"],
    [
      "an id that nobody asked for",
      ["| SEC-001 | x | | | planned |", "| SEC-999 | x | | | planned |"],
      "SEC-999 is not one of",
    ],
  ])("finds %s", (_, rows, problem) => {
    expect(check(rows, ["SEC-001"])).toContain(problem);
  });

  it("wants a test of its own for a requirement that is a test", () => {
    expect(check([`| TEST-002 | x | ${code} | ${tests} | done |`], ["TEST-002"])).toContain(
      "no test's title begins with it",
    );
  });

  it("finds a missing table, and asks for all 50 ids", () => {
    expect(checkRequirements(writeTree({}))).toEqual(["docs/requirements.md: does not exist"]);
    expect(requirementIds).toHaveLength(50);
  });
});

import { describe, expect, it } from "vitest";
import {
  type BrokenConnector,
  brokenConnectors,
  ContractViolation,
  checkClause,
  clauseIds,
  Evidence,
} from "../src/index.js";

/** What the clause meant for a broken connector said: only a violation counts, any other error is a defect of ours. */
async function verdictOf({ breaks, definition, harness }: BrokenConnector): Promise<{ caught: boolean; said: string }> {
  try {
    await checkClause(breaks, { definition, harness, evidence: new Evidence() });
    return { caught: false, said: "nothing: it let this connector pass" };
  } catch (error) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { caught: error instanceof ContractViolation, said };
  }
}

function table(broken: BrokenConnector, said: string): string {
  const rows = [
    ["clause", broken.breaks],
    ["mistake", broken.mistake],
    ["said", said],
  ];
  return `\n${rows.map(([name = "", value = ""]) => `${name.padEnd(8)} | ${value}`).join("\n")}\n`;
}

describe("the contract suite", () => {
  it("has a broken connector for each of its clauses", () => {
    const broken = new Set(brokenConnectors.map(({ breaks }) => breaks));
    expect(clauseIds.filter((id) => !broken.has(id))).toEqual([]);
  });

  for (const broken of brokenConnectors) {
    it(`catches by ${broken.breaks} a connector that ${broken.mistake}`, async () => {
      const { caught, said } = await verdictOf(broken);
      expect(caught, table(broken, said)).toBe(true);
    });
  }
});

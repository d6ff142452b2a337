// @ts-check
import { fileURLToPath } from "node:url";
import { checkDocstrings } from "./docstrings.mjs";
import { checkRequirements } from "./requirements.mjs";
import { checkVendorNames } from "./vendor-names.mjs";
import { checkWalls } from "./walls.mjs";

// pnpm check            everything that must hold
// pnpm check --members  also lists members of exported classes and interfaces without a doc comment
const root = fileURLToPath(new URL("../../..", import.meta.url));
const members = process.argv.includes("--members");

/** @type {[name: string, check: () => string[] | Promise<string[]>][]} */
const checks = [
  ["walls", () => checkWalls(root)],
  ["vendor names", () => checkVendorNames(root)],
  ["docstrings", () => checkDocstrings(root, { members })],
  ["requirements", () => checkRequirements(root)],
];

for (const [name, check] of checks) {
  const problems = await check();
  console.log(
    problems.length === 0 ? `${name}: ok` : `${name}: ${problems.length} problems\n  ${problems.join("\n  ")}`,
  );
  if (problems.length > 0) process.exitCode = 1;
}

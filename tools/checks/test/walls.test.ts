import { describe, expect, it } from "vitest";
import { checkVendorNames } from "../src/vendor-names.mjs";
import { checkWalls } from "../src/walls.mjs";
import { soundHouse, writeTree } from "./tree.js";

/** What each wall is there to refuse: the rule, the file that breaks it, and its text. */
const breaches: [rule: string, file: string, text: string][] = [
  ["core-knows-nobody", "packages/core/src/bad.ts", `import "@isthmus/acme";`],
  ["core-knows-nobody", "packages/core/src/bad.ts", `import "jsforce";`],
  ["core-knows-nobody", "packages/core/src/bad.ts", `export const load = () => import("jsforce/lib/transport.js");`],
  ["core-knows-nobody", "packages/core/src/bad.ts", `export const load = () => import("@aws-sdk/client-kms");`],
  [
    "core-knows-nobody",
    "packages/core/src/bad.ts",
    `import type { PrismaClient } from "@prisma/client"; export type P = PrismaClient;`,
  ],
  ["core-knows-nobody", "packages/core/src/bad.ts", `import "../../../apps/api/src/actions/act.js";`],
  ["connectors-are-strangers", "packages/acme/src/bad.ts", `import "@isthmus/globex";`],
  ["connectors-are-strangers", "packages/acme/test/bad.test.ts", `import "@isthmus/globex";`],
  ["connectors-know-core-only", "packages/acme/src/bad.ts", `import "@isthmus/sandbox";`],
  ["connectors-know-core-only", "packages/acme/src/bad.ts", `import "@isthmus/testkit";`],
  ["connectors-know-no-app", "packages/acme/test/bad.test.ts", `import "pg";`],
  ["sandbox-knows-nobody", "packages/sandbox/src/bad.ts", `import "@isthmus/core";`],
  ["sandbox-knows-nobody", "packages/sandbox/test/bad.test.ts", `import "@isthmus/acme";`],
  ["testkit-knows-core-only", "packages/testkit/src/bad.ts", `import "@isthmus/acme";`],
  ["apps-find-connectors", "apps/api/src/bad.ts", `import "@isthmus/acme";`],
  ["apps-find-connectors", "apps/api/src/bad.ts", `import "@isthmus/sandbox";`],
  ["packages-know-no-app", "packages/testkit/src/bad.ts", `import "../../../apps/api/src/actions/act.js";`],
  [
    "prisma-behind-repositories",
    "apps/api/src/actions/bad.ts",
    `import { PrismaClient } from "@prisma/client"; export { PrismaClient };`,
  ],
  ["prisma-behind-repositories", "apps/api/src/routes/bad.ts", `import type { Pool } from "pg"; export type P = Pool;`],
  ["prisma-behind-repositories", "apps/api/src/actions/bad.ts", `import "../generated/prisma/client.js";`],
  ["routes-go-through-actions", "apps/api/src/routes/bad.ts", `import "../repositories/things.js";`],
  ["repositories-look-down", "apps/api/src/repositories/bad.ts", `import "../actions/act.js";`],
  ["repositories-look-down", "apps/api/src/repositories/bad.ts", `import "../routes/things.js";`],
  ["actions-know-no-http", "apps/api/src/actions/bad.ts", `import "../routes/things.js";`],
  ["no-deep-imports", "packages/acme/src/bad.ts", `import "@isthmus/core/src/one.js";`],
  ["no-deep-imports", "packages/acme/src/bad.ts", `import "@isthmus/core/dist/one.js";`],
  ["no-deep-imports", "packages/acme/src/bad.ts", `import "../../core/src/one.js";`],
  ["no-deep-imports", "apps/api/src/bad.ts", `import "../../../packages/core/src/one.js";`],
  ["no-deep-imports", "packages/acme/src/bad.ts", `import "../../core/test/support/suite.js";`],
  ["no-deep-imports-in-tests", "packages/acme/test/bad.test.ts", `import "../../core/src/one.js";`],
  ["no-deep-imports-in-tests", "packages/acme/src/bad.test.ts", `import "../../core/src/one.js";`],
  ["dependencies-are-declared", "packages/core/src/bad.ts", `import "vitest";`],
  ["no-cycles", "packages/core/src/one.ts", `import { two } from "./two.js"; export const one = two;`],
  ["nothing-missing", "packages/core/src/bad.ts", `import "./nowhere.js";`],
];

/** The other half of a cycle, what a build generates, and a library that is installed but not declared. */
const props = {
  "packages/cloud-keys/package.json": `{ "name": "@isthmus/cloud-keys", "dependencies": { "@aws-sdk/client-kms": "3" } }`,
  "packages/cloud-keys/src/index.ts": `export const load = () => import("@aws-sdk/client-kms");`,
  "apps/api/src/vault/open.ts": `export const open = () => import("@isthmus/cloud-keys");`,
  "packages/core/src/two.ts": `import { one } from "./one.js"; export const two = one;`,
  "packages/core/test/support/suite.ts": "export const suite = 1;",
  "packages/globex/test/shared.test.ts": `import "../../core/test/support/suite.js";`,
  "apps/api/src/generated/prisma/client.ts": "export const client = 1;",
  "node_modules/vitest/package.json": `{ "name": "vitest", "main": "index.js" }`,
  "node_modules/vitest/index.js": "",
};

describe("checkWalls", () => {
  it("finds nothing in a house whose walls hold", async () => {
    expect(await checkWalls(writeTree({ ...soundHouse, ...props }))).toEqual([]);
  });

  it.each(breaches)("%s refuses, in %s: %s", async (rule, file, text) => {
    const violations = await checkWalls(writeTree({ ...soundHouse, ...props, [file]: text }));
    const found = violations.filter((line) => line.startsWith(`${rule}: `));
    expect(found.join("\n")).toContain(file);
  });

  it("says so when there is nothing to check", async () => {
    expect(await checkWalls(writeTree({}))).toEqual([expect.stringContaining("no sources found")]);
  });

  it("knows a new vendor's package by its own package.json", async () => {
    const tree = {
      ...soundHouse,
      "packages/initech/package.json": `{ "name": "@isthmus/initech", "isthmus": { "connector": true } }`,
      "packages/initech/src/index.ts": `import "@isthmus/acme";`,
    };
    expect((await checkWalls(writeTree(tree))).join("\n")).toContain(
      "connectors-are-strangers: packages/initech/src/index.ts",
    );
  });
});

describe("checkVendorNames", () => {
  it("finds nothing in comments, tests and words that only contain a name", () => {
    expect(checkVendorNames(writeTree(soundHouse))).toEqual([]);
  });

  it.each([
    ["packages/core/src/bad.ts", "export const salesforceHost = 1;"],
    ["packages/core/src/bad.ts", "export const QuickBooksClient = 1;"],
    ["packages/core/src/bad.ts", "export const isSAPSystem = 1;"],
    ["packages/core/src/bad.ts", "export class A { #intuit_tid = 1; }"],
    ["packages/core/src/bad.ts", `export const is = (type: string) => type === "sap";`],
    ["apps/api/src/bad.ts", "export const url = `https://salesforce.example`;"],
    ["apps/api/src/bad.ts", "export const known = /^jsforce/;"],
  ])("refuses a vendor's name, in %s: %s", (file, text) => {
    expect(checkVendorNames(writeTree({ ...soundHouse, [file]: text }))).toEqual([
      expect.stringContaining(`${file}:1: names a vendor`),
    ]);
  });
});

import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSalesforceSandbox, startSapSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { grantRefreshToken } from "./support/refresh-token.js";
import { readSnippet, root } from "./support/snippets.js";

type Sandbox = Awaited<ReturnType<typeof startSalesforceSandbox>>;

/** Packages that are imported, by their names, and the command line, with their folders. */
const libraries = ["core", "salesforce", "quickbooks", "sap", "custom", "aws-kms", "sink-redis"];
const packed = [...libraries.map((name) => `packages/${name}`), "apps/cli"];

let folder: string;
let sandbox: Sandbox;

// A program outside of the repository that has only the packed packages, as `npm install` would bring them.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "isthmus-packed-"));
  for (const place of packed) {
    run("pnpm", ["pack", "--pack-destination", folder], fileURLToPath(new URL(place, root)));
  }
  const tarballs = readdirSync(folder).map((file) => [
    `@isthmus/${file.replace(/^isthmus-|-\d.*$/g, "")}`,
    `file:./${file}`,
  ]);
  // The packages are on no registry yet: what depends on core gets this one.
  const core = tarballs.find(([name]) => name === "@isthmus/core")?.[1];
  writeFileSync(join(folder, "pnpm-workspace.yaml"), `overrides:\n  "@isthmus/core": "${core}"\n`);
  const dependencies = { ...Object.fromEntries(tarballs), zod: "^4.1.5" };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "program", type: "module", dependencies }));
  run("pnpm", ["install", "--prefer-offline", "--ignore-scripts"], folder);
  sandbox = await startSalesforceSandbox({ skipConsent: true });
}, 120_000);

afterAll(async () => {
  await sandbox?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the packed packages in an empty folder", () => {
  it("run the README's library example", async () => {
    const example = readSnippet("README.md", "snippet:library").replaceAll("127.0.0.1:4010", new URL(sandbox.url).host);
    writeFileSync(join(folder, "example.ts"), example);
    const printed = await runProgram("example.ts", {
      SALESFORCE_URL: sandbox.url,
      SALESFORCE_CLIENT_ID: sandbox.client.id,
      SALESFORCE_CLIENT_SECRET: sandbox.client.secret,
      SALESFORCE_REFRESH_TOKEN: await grantRefreshToken(sandbox),
    });
    expect(printed.trim().split("\n")).toHaveLength(3);
    expect(printed).toMatch(/^001\w{15} \S/);
  });

  // It loads what the package depends on at first use only, strong-soap among it.
  it("run the first program of the SAP package's README", async () => {
    const sap = await startSapSandbox();
    try {
      const host = new URL(sap.url).host;
      const program = readSnippet("packages/sap/README.md", "snippet:first-call");
      const own = program.replace("  configuration: {", `  allowedPrivateHosts: ["${host}"],\n  configuration: {`);
      writeFileSync(join(folder, "sap.ts"), own);
      const environment = { SAP_URL: sap.url, SAP_USER: sap.user.name, SAP_PASSWORD: sap.user.password };
      const printed = await runProgram("sap.ts", environment);
      expect(printed).toBe(readSnippet("packages/sap/README.md", "output:first-call"));
    } finally {
      await sap.close();
    }
  });

  it.each(libraries)("imports and requires @isthmus/%s, and gets the same names", async (name) => {
    const program = `import { createRequire } from "node:module";
      const imported = Object.keys(await import("@isthmus/${name}"));
      const required = Object.keys(createRequire(import.meta.url)("@isthmus/${name}"));
      console.log(JSON.stringify([imported.sort(), required.filter((key) => key !== "__esModule").sort()]));`;
    writeFileSync(join(folder, "names.mjs"), program);
    const [imported, required] = JSON.parse(await runProgram("names.mjs")) as [string[], string[]];
    expect(imported.length).toBeGreaterThan(0);
    expect(required).toEqual(imported);
  });

  it("put the command line's program where npx finds it", () => {
    const isthmus = join(folder, "node_modules/.bin/isthmus");
    const made = execFileSync(isthmus, ["keys", "generate", "k7"], { cwd: folder, encoding: "utf8" });
    expect(made).toMatch(/^k7:[A-Za-z0-9+/]{43}=\n$/);
  });

  it("bring no tests, no sources and no workspace protocol along", () => {
    for (const name of [...libraries, "cli"]) {
      const installed = join(folder, "node_modules/@isthmus", name);
      const content = readdirSync(installed).filter((file) => file !== "node_modules");
      expect(content.toSorted()).toEqual(["LICENSE", "README.md", "dist", "package.json"]);
      const files = readdirSync(join(installed, "dist"), { recursive: true }).map(String);
      expect(files.filter((file) => file.includes(".test."))).toEqual([]);
    }
  });
});

function run(command: string, argv: readonly string[], cwd: string): void {
  execFileSync(command, argv, { cwd, stdio: ["ignore", "pipe", "pipe"] });
}

/** Asynchronous, because the sandbox that the program talks to lives in this process. */
function runProgram(file: string, environment: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, ...environment };
    execFile(process.execPath, [file], { cwd: folder, env }, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stderr}`)) : resolve(stdout),
    );
  });
}

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type SapSandbox, startSapSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, expect, it } from "vitest";

const run = promisify(execFile);
const sources = new URL("../../../vitest.sources.mjs", import.meta.url).href;

let sandbox: SapSandbox;
let folder: string;
let environment: Record<string, string>;
beforeAll(async () => {
  sandbox = await startSapSandbox();
  folder = mkdtempSync(join(tmpdir(), "isthmus-examples-"));
  environment = { SAP_URL: sandbox.url, SAP_USER: sandbox.user.name, SAP_PASSWORD: sandbox.user.password };
});
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

const runProgram = (path: string) => run(process.execPath, ["--import", sources, path], { env: environment });
const example = (name: string) => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));

it("lists the largest orders as the example says", async () => {
  const { stdout, stderr } = await runProgram(example("large-orders.ts"));
  expect(stdout).toMatch(
    /^Connected to S4H at .+, client 100\n(?:\d+ \d+\.\d\d EUR \d+\.\d{3} \w+(?:, \d+\.\d{3} \w+)*\n){3}$/,
  );
  expect(stderr).toBe("");
});

it("receives IDocs as the example says, each once, over a stop and a start", async () => {
  const authorization = `Basic ${Buffer.from("sap:a long password").toString("base64")}`;
  const first = await startReceiver();
  sandbox.configure({ idocPortUrl: first.url, idocPortAuthorization: authorization });
  const sent = await sandbox.sendIdoc({
    type: "DEBMAS07",
    data: [{ name: "E1KNA1M", fields: { KUNNR: "1" }, children: [] }],
  });
  await first.stop();
  expect(first.output()).toContain(`S4HCLNT100/100/${sent.docnum} DEBMAS E1KNA1M\n`);

  const second = await startReceiver();
  sandbox.configure({ idocPortUrl: second.url });
  await sandbox.resendIdoc(sent.docnum);
  sandbox.configure({ idocPortAuthorization: "Basic d3Jvbmc6d3Jvbmc=" });
  await sandbox.resendIdoc(sent.docnum);
  await second.stop();
  expect(second.output()).not.toContain("DEBMAS");
  const statuses = sandbox.idocs().find(({ docnum }) => docnum === sent.docnum)?.statuses ?? [];
  expect(statuses.slice(-3).map(({ status, text }) => [status, text])).toEqual([
    ["03", "Data passed to port OK"],
    ["03", "Data passed to port OK"],
    ["02", "HTTP status 401"],
  ]);
});

it("prints what the README says when its first program runs", async () => {
  sandbox.reset();
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const program = blockAfter(readme, "## A first call\n");
  // A local sandbox is a private host and plain http.
  const own = program.replace(
    "  configuration: {",
    `  allowedPrivateHosts: ["${new URL(sandbox.url).host}"],\n  configuration: {`,
  );
  expect(own).not.toBe(program);
  const place = join(folder, "readme");
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(`${place}.ts`, own);
  const { stdout, stderr } = await runProgram(`${place}.ts`);
  expect(stdout).toBe(blockAfter(readme, "<!-- output:first-call -->\n"));
  expect(stderr).toBe("");
});

/** The example as a process of its own. */
async function startReceiver() {
  const child: ChildProcess = spawn(process.execPath, ["--import", sources, example("receive-idocs.ts")], {
    env: { IDOC_SECRET: "sap:a long password", IDOC_DATABASE: join(folder, "inbox.db"), PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await expect.poll(() => text, { timeout: 15_000, interval: 20 }).toContain("Waits for IDocs");
  const port = /"port":(\d+)/.exec(text)?.[1];
  return {
    url: `http://127.0.0.1:${port}/`,
    output: () => text,
    stop: async () => {
      child.kill("SIGTERM");
      await once(child, "close");
    },
  };
}

/** The first code block behind a line. */
function blockAfter(text: string, line: string): string {
  const block = text.split(line)[1]?.match(/^```\w*\n([\s\S]*?)^```$/m)?.[1];
  if (block === undefined) throw new Error(`There is no code block behind ${line}`);
  return block;
}

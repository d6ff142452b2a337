import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { MemoryTokenStore } from "@isthmus/core";
import type { SalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectedTo, startSandbox } from "./connect.js";

let sandbox: SalesforceSandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});

afterAll(() => sandbox.close());

const describePath = "/services/data/v60.0/sobjects/Account/describe";

describe("a body that is cut off below jsforce", () => {
  it("ends the process when jsforce uses its own network code (why ours is under it)", async () => {
    sandbox.addFault({ path: describePath, cutBody: true, times: 10 });
    const { exitCode, output } = await runChild("plain");
    sandbox.clearFaults();
    expect(output).toContain("terminated");
    expect(output).not.toContain("caught");
    expect(output).not.toContain("alive");
    expect(exitCode).not.toBe(0);
  });

  it("is an error that a caller can catch, and the process lives on", async () => {
    sandbox.addFault({ path: describePath, cutBody: true, times: 10 });
    const { exitCode, output } = await runChild("connector");
    sandbox.clearFaults();
    expect(output).toBe("caught RESPONSE_CUT\nalive\n");
    expect(exitCode).toBe(0);
  });

  it("reaches the reader of jsforce's stream as its error", async () => {
    const connector = await connectedTo(sandbox);
    const connection = await connector.jsforce();
    sandbox.addFault({ path: describePath, cutBody: true, times: 10 });
    const stream = connection.request(describePath).stream();
    const failure = await new Promise((resolve) => stream.on("error", resolve));
    sandbox.clearFaults();
    expect(failure).toMatchObject({ code: "RESPONSE_CUT" });
    await connector.close();
  });

  it("leaves the stream of a whole body whole", async () => {
    const connector = await connectedTo(sandbox);
    const connection = await connector.jsforce();
    const chunks: Buffer[] = [];
    for await (const chunk of connection.request(describePath).stream()) chunks.push(Buffer.from(chunk));
    expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({ name: "Account" });
    await connector.close();
  });
});

/** Runs `cut-body-child.ts` in a process of its own, whose death is the thing to be seen. */
async function runChild(mode: "plain" | "connector"): Promise<{ exitCode: number | null; output: string }> {
  const store = new MemoryTokenStore();
  const connector = await connectedTo(sandbox, { tokenStore: store });
  const { tokens } = await store.load();
  const child = spawn(
    process.execPath,
    ["--import", new URL("../../../vitest.sources.mjs", import.meta.url).href, path("./cut-body-child.ts"), mode],
    {
      env: {
        SANDBOX_URL: sandbox.url,
        ACCESS_TOKEN: tokens?.accessToken,
        REFRESH_TOKEN: tokens?.refreshToken,
        CLIENT_ID: sandbox.client.id,
        CLIENT_SECRET: sandbox.client.secret,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += String(chunk)));
  const exitCode = await new Promise<number | null>((resolve) => child.on("close", resolve));
  await connector.close();
  return { exitCode, output };
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { root } from "./snippets.js";
import { Terminal } from "./terminal.js";

/** `npm start` without the building, in a folder of its own and on free ports. */
export interface Quickstart {
  /** The folder that holds `.isthmus`. */
  readonly folder: string;
  /** What it printed until it was ready. */
  readonly output: string;
  /** Sends SIGTERM and answers the exit code. */
  stop(): Promise<number | null>;
}

/** Where a quickstart lives: kept between two starts. */
export interface QuickstartPlace {
  readonly folder: string;
  readonly port: number;
  /** By the vendor's name in variables. */
  readonly sandboxPorts: { readonly SALESFORCE: number; readonly QUICKBOOKS: number; readonly SAP: number };
}

/** An empty folder and free ports. */
async function newPlace(): Promise<QuickstartPlace> {
  const folder = mkdtempSync(join(tmpdir(), "isthmus-readme-"));
  return {
    folder,
    port: await freePort(),
    sandboxPorts: { SALESFORCE: await freePort(), QUICKBOOKS: await freePort(), SAP: await freePort() },
  };
}

/** A quickstart that is running, and a terminal in its folder. */
export interface Walkthrough {
  readonly place: QuickstartPlace;
  readonly terminal: Terminal;
  quickstart: Quickstart;
}

/** Starts one for the tests of a group, and stops it after them. @returns how a test gets it. */
export function useWalkthrough(): () => Walkthrough {
  let walkthrough: Walkthrough | undefined;
  beforeAll(async () => {
    const place = await newPlace();
    const quickstart = await startQuickstart(place);
    walkthrough = { place, quickstart, terminal: new Terminal(place.folder) };
  });
  afterAll(async () => {
    if (walkthrough === undefined) return;
    walkthrough.terminal.close();
    await walkthrough.quickstart.stop();
    rmSync(walkthrough.place.folder, { recursive: true, force: true });
  });
  return () => {
    if (walkthrough === undefined) throw new Error("The quickstart is not running yet.");
    return walkthrough;
  };
}

/** Starts and waits for the welcome. */
export async function startQuickstart(place: QuickstartPlace): Promise<Quickstart> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("scripts/start.mjs", root))], {
    cwd: place.folder,
    env: {
      PATH: process.env.PATH,
      ISTHMUS_DATA: join(place.folder, ".isthmus"),
      PORT: String(place.port),
      SALESFORCE_SANDBOX_PORT: String(place.sandboxPorts.SALESFORCE),
      QUICKBOOKS_SANDBOX_PORT: String(place.sandboxPorts.QUICKBOOKS),
      SAP_SANDBOX_PORT: String(place.sandboxPorts.SAP),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = await untilReady(child);
  return {
    folder: place.folder,
    output,
    stop: async () => {
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number | null];
      return code;
    },
  };
}

function untilReady(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += chunk;
      if (output.includes("Ctrl-C stops")) resolve(output);
    });
    child.stderr?.on("data", (chunk) => {
      output += chunk;
    });
    child.once("exit", (code) => reject(new Error(`It ended with code ${code} before it was ready:\n${output}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || !address) throw new Error("No port.");
  return address.port;
}

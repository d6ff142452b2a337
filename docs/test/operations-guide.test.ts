import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LocalKeyring } from "@isthmus/core";
import { type SalesforceSandbox, startSalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../apps/api/test/support/api-client.js";
import { TestBrowser } from "../../apps/api/test/support/browser.js";
import { type Cluster, copyCluster, createCluster } from "../../apps/api/test/support/postgres-cluster.js";
import { queryOnce } from "../../apps/api/test/support/query-once.js";
import { manageDatabases } from "../../apps/api/test/support/server-databases.js";
import { type ServiceProcess, startServiceProcess } from "../../apps/api/test/support/service-process.js";
import { readSnippet, root } from "./support/snippets.js";
import { Terminal } from "./support/terminal.js";

const guide = "docs/operations.md";
const platformKey = "the-platform-key-of-the-guide-0123456789";
const keys = LocalKeyring.generate("k1");
const paste = (name: string) => terminal.paste(readSnippet(guide, `snippet:${name}`));
/** Tools of an older release refuse the server. */
const hasTools = dumpVersion() >= 18;

let folder: string;
let terminal: Terminal;
let sandbox: SalesforceSandbox;
let service: ServiceProcess | undefined;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "isthmus-operations-guide-"));
  // PostgreSQL runs as another user where this is root.
  chmodSync(folder, 0o755);
  const [sources, main] = ["vitest.sources.mjs", "apps/cli/src/main.ts"].map((file) => new URL(file, root));
  const command = `exec "${process.execPath}" --import "${sources?.href}" "${fileURLToPath(main ?? "")}" "$@"`;
  writeFileSync(join(folder, "isthmus"), `#!/bin/sh\n${command}\n`);
  chmodSync(join(folder, "isthmus"), 0o755);
  mkdirSync(join(folder, "backup"));
  terminal = new Terminal(folder);
  const variables = {
    ISTHMUS_PLATFORM_KEY: platformKey,
    ISTHMUS_DATA: join(folder, "data"),
    BACKUP: join(folder, "backup"),
  };
  await terminal.paste(`export PATH="${folder}:$PATH" ${assignments(variables)}`);
  sandbox = await startSalesforceSandbox({ skipConsent: true, rotateRefreshTokens: true });
});
afterAll(async () => {
  terminal?.close();
  service?.child.kill("SIGKILL");
  await service?.ended;
  await sandbox?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(place: Readonly<Record<string, string>>): Promise<void> {
  await stop();
  service = startServiceProcess({
    ISTHMUS_DATA: join(folder, "data"),
    ISTHMUS_KEYS: keys,
    ISTHMUS_PLATFORM_KEY: platformKey,
    ISTHMUS_ALLOWED_PRIVATE_HOSTS: new URL(sandbox.url).host,
    ...place,
  });
  url = await service.ready;
}

async function stop(): Promise<void> {
  service?.child.kill("SIGTERM");
  await service?.ended;
  service = undefined;
}

/** A tenant with a connector that is authorised. */
async function fill() {
  const administrator = { name: "Ada Admin", email: "ada@example.com" };
  const made = await new ApiClient(url, platformKey).post("/v1/tenants", { name: "Acme", administrator });
  const key = String(made.body.apiKey.key);
  const created = await new ApiClient(url, key).post("/v1/connectors", {
    code: "crm",
    name: "Our CRM",
    type: "salesforce",
    environment: "sandbox",
    externalSystemUrl: sandbox.url,
    authenticationMethod: "oauth2_authorization_code",
    credentials: { clientId: sandbox.client.id, clientSecret: sandbox.client.secret },
    configuration: { introspect: "never" },
  });
  const id = String(created.body.id);
  const link = await new ApiClient(url, key).post(`/v1/connectors/${id}/authorize`);
  expect((await new TestBrowser().follow(link.body.authorizationUrl)).text).toContain("Connected");
  return { key, id };
}

const works = async ({ key, id }: { key: string; id: string }) =>
  (await new ApiClient(url, key).run(id, "identity", {})).status;

describe("the guide to operations", { timeout: 120_000 }, () => {
  it("has no block that is not run here", () => {
    const text = readFileSync(new URL(guide, root), "utf8");
    const blocks = [...text.matchAll(/^```\w+$/gm)].length;
    expect([blocks, [...text.matchAll(/^<!-- snippet:operations-\d -->\n```\w+$/gm)].length]).toEqual([6, 6]);
  });

  it("names series that there are", () => {
    const text = readFileSync(new URL(guide, root), "utf8");
    const readme = readFileSync(new URL("apps/api/README.md", root), "utf8");
    const named = new Set(
      [...text.matchAll(/`?(isthmus_[a-z_]+)/g)].map(([, name = ""]) => name.replace(/_count$/, "")),
    );
    const roles = ["isthmus_app", "isthmus_system"];
    expect([...named].filter((name) => !roles.includes(name) && !readme.includes(`\`${name}\``))).toEqual([]);
  });

  it("makes keys, and finds the embedded database in a copy of its folder", async () => {
    const [encryption, platform] = (await paste("operations-1")).trim().split("\n");
    expect(() => LocalKeyring.parse(encryption ?? "")).not.toThrow();
    expect(platform).toHaveLength(43);
    await start({});
    const filled = await fill();
    await stop();
    await paste("operations-3");
    await start({ ISTHMUS_DATA: join(folder, "backup/isthmus-data") });
    expect(await works(filled)).toBe(200);
    await terminal.paste(`export ${assignments({ ISTHMUS_URL: url })}`);
    const health = await paste("operations-6");
    expect(health.match(/"status":"ok"/g)).toHaveLength(2);
    expect(health).toContain("isthmus_http_request_duration_seconds_bucket");
    await stop();
  });

  describe("on a server", () => {
    const clusters: Cluster[] = [];
    afterAll(async () => {
      await stop();
      for (const each of clusters) await each.stop();
    });
    const newCluster = async (name: string) => {
      const cluster = await createCluster(join(folder, name));
      if (!existsSync(join(folder, name))) await cluster.initialise();
      await cluster.start();
      clusters.push(cluster);
      return cluster;
    };
    let filled: Awaited<ReturnType<typeof fill>>;
    let databaseUrl: string;
    let cluster: Cluster;

    beforeAll(async () => {
      cluster = await newCluster("postgres");
      databaseUrl = await manageDatabases(cluster.adminUrl).create("isthmus");
      await start({ DATABASE_URL: databaseUrl });
      filled = await fill();
    }, 60_000);

    it.runIf(hasTools)("restores a dump on a server that knew nothing of it", async () => {
      const admin = new URL(cluster.adminUrl);
      admin.pathname = "/isthmus";
      const bound = execDump(databaseUrl, join(folder, "bound.dump"));
      expect(bound).toContain("row-level security");
      const other = await newCluster("other");
      const { username, password } = new URL(databaseUrl);
      const variables = {
        ADMIN_DATABASE_URL: admin.href,
        NEW_SERVER_URL: other.adminUrl,
        OWNER: username,
        PASSWORD: password,
      };
      await terminal.paste(`export ${assignments(variables)}`);
      await paste("operations-2");
      await paste("operations-4");
      const restored = new URL(other.adminUrl);
      [restored.username, restored.password, restored.pathname] = [username, password, "/isthmus"];
      const live = service;
      service = undefined;
      await start({ DATABASE_URL: restored.href });
      expect(await works(filled)).toBe(200);
      await stop();
      service = live;
      url = (await live?.ready) ?? url;
      // Row-level security came along: the owner sees nothing.
      expect(await queryOnce(restored.href, "select 1 from connectors")).toEqual([]);
    });

    it("sends no refresh token of an old backup that was spent since", async () => {
      await cluster.stop();
      copyCluster(join(folder, "postgres"), join(folder, "old"));
      await cluster.start();
      const refresh = () => new ApiClient(url, filled.key).post(`/v1/connectors/${filled.id}/refresh`);
      await expect.poll(async () => (await refresh()).status, { timeout: 20_000, interval: 200 }).toBe(200);
      await stop();

      const old = await newCluster("old");
      const oldUrl = new URL(databaseUrl);
      oldUrl.port = new URL(old.adminUrl).port;
      await queryOnce(oldUrl.href, readSnippet(guide, "snippet:operations-5"));
      sandbox.clearRequests();
      await start({ DATABASE_URL: oldUrl.href });
      expect(await works(filled)).toBe(200);
      expect(await refresh()).toMatchObject({ status: 409, body: { code: "RECONNECT_REQUIRED" } });
      const asked = () => sandbox.requests().filter(({ path }) => path.includes("/oauth2/token")).length;
      expect(asked()).toBe(0);
      await stop();

      // Control: without those lines the spent one goes out.
      await queryOnce(
        oldUrl.href,
        `alter table connector_tokens no force row level security;
        update connector_tokens set attempt_id = null, lease_until = null, attempt_started_at = null, status = 'active';
        alter table connector_tokens force row level security`,
      );
      sandbox.clearRequests();
      await start({ DATABASE_URL: oldUrl.href });
      expect((await refresh()).status).toBe(409);
      expect(asked()).toBeGreaterThan(0);
    });
  });
});

function assignments(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}="${value}"`)
    .join(" ");
}

function dumpVersion(): number {
  try {
    return Number(/(\d+)\./.exec(execFileSync("pg_dump", ["--version"], { encoding: "utf8" }))?.[1]);
  } catch {
    return 0;
  }
}

/** What pg_dump complains of. */
function execDump(from: string, file: string): string {
  try {
    execFileSync("pg_dump", ["--format=custom", `--file=${file}`, from], { encoding: "utf8", stdio: "pipe" });
    return "";
  } catch (error) {
    return String(Reflect.get(Object(error), "stderr"));
  }
}

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { redirectUri, send } from "./client.js";
import { fieldsOf } from "./quickbooks/client.js";

const packageDirectory = fileURLToPath(new URL("..", import.meta.url));
let directory: string;
const running: ChildProcess[] = [];

// The real program in a real process, compiled from the present sources; inside the package, so that imports resolve.
beforeAll(() => {
  directory = mkdtempSync(join(packageDirectory, "node_modules", ".cli-test-"));
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", directory, "--declaration", "false"], {
    cwd: packageDirectory,
  });
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
});

afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Started {
  process: ChildProcess;
  output: () => string;
  url: string;
}

function launch(
  commandLine: string[],
  environment: Record<string, string> = {},
): { process: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [join(directory, "cli.js"), ...commandLine], {
    env: { PATH: process.env.PATH ?? "", ...environment },
  });
  running.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return { process: child, output: () => text };
}

async function start(
  commandLine: string[],
  environment?: Record<string, string>,
  vendor = "salesforce",
): Promise<Started> {
  const launched = launch([vendor, "--port", "0", ...commandLine], environment);
  await expect.poll(launched.output, { timeout: 15_000, interval: 20 }).toContain("Press Ctrl-C");
  return { ...launched, url: /http:\/\/\S+/.exec(launched.output())?.[0] ?? "" };
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => (child.exitCode === null ? child.once("exit", resolve) : resolve(child.exitCode)));
}

describe("sandbox salesforce", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("says how to use it, and stops with 0 on %s", async (signal) => {
    const { process: child, output, url } = await start([]);
    expect(output()).toMatch(
      /^Salesforce +http:\/\/127\.0\.0\.1:\d+\nclient id +\S+\nclient secret +\S+\nuser name +ada\./,
    );
    expect((await send(`${url}/__sandbox/health`)).json).toEqual({ status: "ok", vendor: "salesforce" });
    child.kill(signal);
    expect(await exitOf(child)).toBe(0);
    expect(output()).toContain("Stopped.");
  });

  it("goes on where it was after kill -9: the refresh token that a client has just got still works", async () => {
    const data = join(directory, "new", "state.json");
    const client = ["--client-id", "my-client", "--data", data, "--skip-consent", "--rotate-refresh-tokens"];
    const environment = { SANDBOX_CLIENT_SECRET: "my-secret" };
    const ask = async (url: string, form: Record<string, string>) => {
      const body = new URLSearchParams({ client_id: "my-client", client_secret: "my-secret", ...form });
      return (await send(`${url}/services/oauth2/token`, { method: "POST", body })).json as Record<string, string>;
    };

    const first = await start(client, environment);
    expect(first.output()).not.toContain("my-secret");
    const parameters = new URLSearchParams({
      response_type: "code",
      client_id: "my-client",
      redirect_uri: redirectUri,
    });
    const answer = await send(`${first.url}/services/oauth2/authorize?${parameters}`);
    const code = new URL(answer.headers.get("location") ?? "").searchParams.get("code") ?? "";
    const tokens = await ask(first.url, { grant_type: "authorization_code", code, redirect_uri: redirectUri });
    const rotated = await ask(first.url, { grant_type: "refresh_token", refresh_token: tokens.refresh_token ?? "" });
    const headers = { authorization: `Bearer ${rotated.access_token}`, "content-type": "application/json" };
    const created = await send(`${first.url}/services/data/v60.0/sobjects/Lead`, {
      method: "POST",
      headers,
      body: '{"LastName":"Kept","Company":"Co"}',
    });
    const { id } = created.json as { id: string };
    const records = join(directory, "new", "state.records.json");
    await expect.poll(() => readFileSync(records, "utf8").includes(id), { timeout: 5_000 }).toBe(true);
    first.process.kill("SIGKILL");
    await exitOf(first.process);
    expect(statSync(data).mode & 0o777).toBe(0o600);

    const second = await start(client, environment);
    const read = await send(`${second.url}/services/data/v60.0/sobjects/Lead/${id}`, { headers });
    expect(read).toMatchObject({ status: 200, json: { LastName: "Kept" } });
    const again = await ask(second.url, { grant_type: "refresh_token", refresh_token: rotated.refresh_token ?? "" });
    expect(again.refresh_token).toMatch(/^5Aep861/);
    const reused = await ask(second.url, { grant_type: "refresh_token", refresh_token: tokens.refresh_token ?? "" });
    expect(reused.error).toBe("invalid_grant");
  }, 60_000);

  it.each([
    [["netsuite"], "Name one vendor."],
    [[], "Name one vendor."],
    [["salesforce", "--port", "x"], "--port must be a number"],
    [["salesforce", "--colour"], "Unknown option '--colour'"],
  ])("refuses %j with a reason", async (commandLine, reason) => {
    const { process: child, output } = launch(commandLine);
    expect(await exitOf(child)).toBe(1);
    expect(output()).toContain(reason);
  });

  it("refuses a file that it did not write", async () => {
    const data = join(directory, "other.json");
    writeFileSync(data, "{}");
    const { process: child, output } = launch(["salesforce", "--port", "0", "--data", data]);
    expect(await exitOf(child)).toBe(1);
    expect(output()).toContain("Delete it to start with new data.");
  });
});

describe("sandbox sap", () => {
  it("says where it is and who may log on, and that it keeps nothing", async () => {
    const { output, url } = await start([], {}, "sap");
    const password = /^password\s+(\S+)$/m.exec(output())?.[1] ?? "";
    expect(output()).toContain("S4H, client 100");
    const headers = { authorization: `Basic ${btoa(`ISTHMUS:${password}`)}` };
    const response = await fetch(`${url}/sap/opu/odata/sap/API_SALES_ORDER_SRV/A_SalesOrder/$count?$format=json`, {
      headers,
    });
    expect(await response.text()).toBe("60");
    const refused = launch(["sap", "--data", join(directory, "sap.json")]);
    expect(await exitOf(refused.process)).toBe(1);
    expect(refused.output()).toContain("keeps nothing across restarts");
  });

  it("takes the password from the environment, and does not print it", async () => {
    const { output, url } = await start([], { SANDBOX_PASSWORD: "my-password" }, "sap");
    expect(output()).not.toContain("my-password");
    const service = `${url}/sap/opu/odata/sap/API_BUSINESS_PARTNER/`;
    const logOn = async (password: string) => {
      const authorization = `Basic ${Buffer.from(`ISTHMUS:${password}`).toString("base64")}`;
      return (await send(service, { headers: { authorization, accept: "application/json" } })).status;
    };
    expect(await logOn("my-password")).toBe(200);
    expect(await logOn("Sandbox-Password-1")).toBe(401);
  });
});

describe("sandbox quickbooks", () => {
  it("says where it is and which companies it has", async () => {
    const { output, url } = await start([], {}, "quickbooks");
    expect(output()).toMatch(
      /^QuickBooks +http:\/\/127\.0\.0\.1:\d+\nclient id +\S+\nclient secret +\S+\nrealm id +\d+\nrealm id +\d+\n/,
    );
    expect((await send(`${url}/__sandbox/health`)).json).toEqual({ status: "ok", vendor: "quickbooks" });
  });

  it("goes on where it was after kill -9: tokens, records, files and answered requests", async () => {
    const data = join(directory, "quickbooks", "state.json");
    const commandLine = ["--client-id", "my-client", "--data", data, "--skip-consent", "--rotate-refresh-tokens"];
    const environment = { SANDBOX_CLIENT_SECRET: "my-secret" };
    const authorization = `Basic ${Buffer.from("my-client:my-secret").toString("base64")}`;
    const ask = async (url: string, form: Record<string, string>) =>
      fieldsOf(
        (
          await send(`${url}/oauth2/v1/tokens/bearer`, {
            method: "POST",
            body: new URLSearchParams(form),
            headers: { authorization },
          })
        ).json,
      );

    const first = await start(commandLine, environment, "quickbooks");
    const parameters = new URLSearchParams({
      response_type: "code",
      client_id: "my-client",
      redirect_uri: redirectUri,
      scope: "com.intuit.quickbooks.accounting",
      state: "s",
    });
    const answer = await send(`${first.url}/connect/oauth2?${parameters}`);
    const target = new URL(answer.headers.get("location") ?? "").searchParams;
    const company = `/v3/company/${target.get("realmId")}`;
    const code = target.get("code") ?? "";
    const tokens = await ask(first.url, { grant_type: "authorization_code", code, redirect_uri: redirectUri });
    const rotated = await ask(first.url, { grant_type: "refresh_token", refresh_token: String(tokens.refresh_token) });
    expect(rotated.refresh_token).not.toBe(tokens.refresh_token);
    const headers = { authorization: `Bearer ${String(rotated.access_token)}` };
    const create = (url: string, DisplayName: string) =>
      send(`${url}${company}/customer?requestid=r-1`, {
        method: "POST",
        headers,
        body: JSON.stringify({ DisplayName }),
      });
    const created = await create(first.url, "Kept");
    const form = new FormData();
    form.set("file_content_01", new Blob(["content"], { type: "text/plain" }), "a.txt");
    const uploaded = await send(`${first.url}${company}/upload`, { method: "POST", headers, body: form });
    expect(uploaded.status).toBe(200);
    const records = join(directory, "quickbooks", "state.records.json");
    await expect.poll(() => readFileSync(records, "utf8").includes("a.txt"), { timeout: 5_000 }).toBe(true);
    first.process.kill("SIGKILL");
    await exitOf(first.process);

    const second = await start(commandLine, environment, "quickbooks");
    expect((await create(second.url, "Other")).json).toEqual(created.json);
    const found = await send(`${second.url}${company}/query?query=select * from Attachable`, { headers });
    expect(found.text).toContain('"FileName":"a.txt"');
    const address = /"TempDownloadUri":"([^"]+)"/.exec(found.text)?.[1] ?? "";
    expect((await send(address)).text).toBe("content");
    const again = await ask(second.url, { grant_type: "refresh_token", refresh_token: String(rotated.refresh_token) });
    expect(again.refresh_token).toMatch(/^RT1-/);
    const reused = await ask(second.url, { grant_type: "refresh_token", refresh_token: String(tokens.refresh_token) });
    expect(reused).toEqual({ error: "invalid_grant" });
    expect((await send(`${second.url}${company}/preferences`, { headers })).status).toBe(401);
  }, 60_000);
});

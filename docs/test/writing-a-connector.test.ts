import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type AuthenticationScheme,
  type BaseConnector,
  type ConnectorDefinition,
  createConnector,
  createTransport,
  findOperation,
  OAuthClient,
  runOperation,
  systemClock,
  systemRandom,
} from "@isthmus/core";
import type { StandIn } from "@isthmus/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  processSettings,
  type ServiceProcess,
  startServiceProcess,
} from "../../apps/api/test/support/service-process.js";
import * as guidePackage from "./support/guide-package.js";
import { readSnippet } from "./support/snippets.js";
import { Terminal } from "./support/terminal.js";

const guide = "docs/writing-a-connector.md";
const made = guidePackage.assemblePackage(guide);
const load = (file: string) => import(/* @vite-ignore */ pathToFileURL(join(made.folder, file)).href);

const { stockroom } = (await load("src/index.ts")) as { stockroom: ConnectorDefinition };
const { startStandIn } = (await load("test/stockroom-stand-in.ts")) as { startStandIn: () => Promise<StandIn> };
// The guide's own test file: its clauses become tests of this one.
await load("test/contract.test.ts");

let standIn: StandIn;
let reached: { readonly STOCKROOM_URL: string; readonly STOCKROOM_API_KEY: string };

beforeAll(async () => {
  standIn = await startStandIn();
  const { credentials, configuration } = standIn.settings as {
    readonly credentials: { readonly apiKey: string };
    readonly configuration: { readonly url: string };
  };
  reached = { STOCKROOM_URL: configuration.url, STOCKROOM_API_KEY: credentials.apiKey };
  await guidePackage.buildPackage(made);
});

afterAll(async () => {
  await standIn?.close();
  rmSync(made.folder, { recursive: true, force: true });
});

describe("the guide to writing a connector", () => {
  it("has no code block that is not tested", () => {
    const { all, marked } = guidePackage.countBlocks(guide);
    expect(marked).toBe(all);
    expect(made.files.length + 1).toBe(all);
  });

  it("makes a package whose types are sound", async () => {
    expect(await guidePackage.checkTypes(made)).toEqual([]);
  });

  it("makes a package that works as a plain library", async () => {
    const [allowed = ""] = standIn.environment.allowedPrivateHosts ?? [];
    const example = "examples/here.ts";
    const text = readSnippet(guide, "file:examples/first-call.ts").replace("127.0.0.1:4040", allowed);
    guidePackage.writeInto(made, example, text);
    const printed = await guidePackage.runFile(made, example, reached);
    expect(printed).toBe("Acme Stock Euro pallet 40\n");

    const refused = guidePackage.runFile(made, example, { ...reached, STOCKROOM_API_KEY: "of-nobody" });
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/AUTHENTICATION_FAILED (?!.*of-nobody)/),
    });
  });

  it("maps what is particular to the system, and leaves the rest to core", async () => {
    await withConnector(async (connector) => {
      const run = (name: string, input: unknown) => {
        const operation = findOperation(stockroom.operations(undefined), name);
        return runOperation(connector, operation, input, { signal: new AbortController().signal });
      };
      await standIn.fail({ on: "read", kind: "status", status: 402 });
      await expect(run("items.list", {})).rejects.toMatchObject({
        code: "PERMISSION_DENIED",
        vendor: { status: 402, code: "refused" },
        message: expect.stringContaining("subscription"),
      });
      await expect(run("items.setQuantity", { id: 99, quantity: 1 })).rejects.toMatchObject({ code: "NOT_FOUND" });
      expect(await run("items.setQuantity", { id: 1, quantity: 7 })).toMatchObject({ name: "Crate", quantity: 7 });
    });
  });

  it("shows an OAuth scheme that begins an authorization with PKCE at the customer's address", async () => {
    const { authorizationCodeScheme } = (await load("src/oauth-scheme.ts")) as {
      readonly authorizationCodeScheme: AuthenticationScheme;
    };
    const url = "https://stock.example.com";
    const transport = createTransport({ allowedHosts: ["stock.example.com"] });
    const profile = authorizationCodeScheme.oauth?.({ clientId: "id", clientSecret: "s" }, { url, timeoutMs: 1000 });
    if (!profile) throw new Error("The guide's scheme has no OAuth.");
    const client = new OAuthClient({ profile, transport, clock: systemClock, random: systemRandom });
    const redirectUri = "https://isthmus.example/oauth/callback/stockroom";
    const { authorizationUrl } = await client.startAuthorization({ redirectUri });
    await transport.close();
    const asked = new URL(authorizationUrl);
    expect(asked.origin + asked.pathname).toBe(`${url}/oauth/authorize`);
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      client_id: "id",
      redirect_uri: redirectUri,
      scope: "items",
      code_challenge_method: "S256",
    });
  });

  it("leads to nothing that is not there", () => {
    const missing = guidePackage.localLinks(guide).filter((link) => !existsSync(link));
    expect(missing).toEqual([]);
  });
});

describe("the guide's connector in the service", () => {
  let service: ServiceProcess;
  let terminal: Terminal;
  let url: string;

  beforeAll(async () => {
    const platformKey = "platform-key-of-the-guide-0123456789";
    service = startServiceProcess({
      ...processSettings(join(made.folder, "data")),
      ...guidePackage.installation(made),
      ISTHMUS_CONNECTORS: made.name,
      ISTHMUS_PLATFORM_KEY: platformKey,
      ISTHMUS_ALLOWED_PRIVATE_HOSTS: (standIn.environment.allowedPrivateHosts ?? []).join(","),
    });
    url = await service.ready;
    const response = await fetch(`${url}/v1/tenants`, {
      method: "POST",
      headers: { authorization: `Bearer ${platformKey}`, "content-type": "application/json" },
      body: JSON.stringify({ name: "Guide", administrator: { name: "Ada", email: "ada@example.com" } }),
    });
    const { apiKey } = (await response.json()) as { readonly apiKey: { readonly key: string } };
    terminal = new Terminal(made.folder);
    const variables = { ISTHMUS_URL: url, ISTHMUS_API_KEY: apiKey.key, ...reached };
    await terminal.paste(
      Object.entries(variables)
        .map(([name, value]) => `export ${name}='${value}'`)
        .join("\n"),
    );
  });

  afterAll(async () => {
    terminal?.close();
    service?.child.kill("SIGTERM");
    await service?.ended;
  });

  it("is found by its package's name, connects, and runs its operations over HTTP", async () => {
    const before = await standIn.count("read");
    const printed = await terminal.paste(readSnippet(guide, "snippet:service"));
    const [test, items] = printed
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
    expect(test).toMatchObject({ ok: true, account: { id: "acc-7", environment: "sandbox" } });
    expect(items).toEqual([expect.objectContaining({ id: 1, name: "Crate" })]);
    expect(await standIn.count("read")).toBe(before + 2);
  });

  it("stands in the service's OpenAPI with every operation", async () => {
    const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { readonly paths: object };
    const prefix = "/v1/connectors/{id}/operations/";
    const listed = Object.keys(paths).filter((path) => path.startsWith(`${prefix}items.`));
    expect(listed.map((path) => path.slice(prefix.length))).toEqual([
      "items.list",
      "items.create",
      "items.setQuantity",
    ]);
  });
});

async function withConnector(work: (connector: BaseConnector) => Promise<void>): Promise<void> {
  const connector = createConnector(
    stockroom,
    { ...standIn.settings, authenticationMethod: "api_key" },
    standIn.environment,
  );
  try {
    await work(connector);
  } finally {
    await connector.close();
  }
}

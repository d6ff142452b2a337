import { LocalKeyring } from "@isthmus/core";
import { startSalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TestBrowser } from "../support/browser.js";
import { describeOnDatabases } from "../support/databases.js";
import { sandboxConnector, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

/** Characters that every encoding writes in another way, so that a search cannot succeed by accident. */
const plantedSecret = `planted/secret+with?odd=characters&ümlaut-${"x".repeat(8)}`;

describeOnDatabases("secrets at rest", (get) => {
  const keys = LocalKeyring.generate("k1");
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;
  const secrets = new Set<string>();

  beforeAll(async () => {
    const sandbox = await startSalesforceSandbox({ skipConsent: true, client: { secret: plantedSecret } });
    service = await startTestService(get().database, { keys, sandbox });
    tenant = await service.createTenant();
    connectorId = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
    const link = (await tenant.api.post(`/v1/connectors/${connectorId}/authorize`)).body.authorizationUrl;
    const browser = new TestBrowser();
    const callback = await browser.follow(link, (next) => next.includes("/oauth/callback/"));
    await browser.open(callback.url);
    expect((await tenant.api.run(connectorId, "identity", {})).status).toBe(200);
    // A second authorisation stays half-way, so that a session with a live verifier is in the database.
    const pending = (await tenant.api.post(`/v1/connectors/${connectorId}/authorize`)).body.authorizationUrl;
    const half = await browser.open(pending);
    const started = new URL(half.headers.get("location") ?? "");
    const { searchParams } = new URL(callback.url);
    for (const secret of [
      plantedSecret,
      tenant.apiKey,
      searchParams.get("code"),
      searchParams.get("state"),
      started.searchParams.get("state"),
      link.split("/").at(-1),
      pending.split("/").at(-1),
      ...browser.setCookies.map((line) => line.split(";")[0]?.split("=")[1]),
      ...(await grantedTokens()),
    ]) {
      if (typeof secret === "string" && secret !== "") secrets.add(secret);
    }
  });
  afterAll(async () => {
    await service?.close();
    await service?.sandbox.close();
  });

  /** Access and refresh token as the connector holds them: through the vault, as only the service can. */
  async function grantedTokens(): Promise<string[]> {
    const { database, vault } = service.services;
    const { tenantId } = tenant;
    const record = await database.asSystem(({ tokens }) => tokens.load({ tenantId, connectorId }));
    const place = { tenantId: tenant.tenantId, table: "connector_tokens", recordId: connectorId, field: "tokens" };
    const tokens = (await vault.open(record.tokens, place)) as { accessToken: string; refreshToken: string };
    expect(tokens.accessToken.length).toBeGreaterThan(20);
    expect(tokens.refreshToken.length).toBeGreaterThan(20);
    return [tokens.accessToken, tokens.refreshToken];
  }

  /** Every row of every table, as one text in lower case. */
  async function readWholeDatabase(): Promise<string> {
    const tables = await get().queryPastGuards(
      "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const rows = await get().queryPastGuards(`select row_to_json(t)::text as row from "${String(name)}" t`);
      texts.push(...rows.map(({ row }) => String(row)));
    }
    expect(tables.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["connectors", "connector_tokens", "oauth_sessions"]),
    );
    return texts.join("\n").toLowerCase();
  }

  function encodings(secret: string): string[] {
    const bytes = Buffer.from(secret, "utf8");
    // Base64 of a text inside a longer one depends on where it begins: three alignments, without their blurred ends.
    const aligned = [0, 1, 2].map((shift) =>
      Buffer.concat([Buffer.alloc(shift), bytes])
        .toString("base64")
        .slice(4, -4),
    );
    const all = [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      bytes.toString("hex"),
      ...aligned,
      ...aligned.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
    ];
    return all.map((text) => text.toLowerCase()).filter((text) => text.length >= 8);
  }

  it("TEST-008 leaves no secret in any table, in no encoding", async () => {
    const everything = await readWholeDatabase();
    expect(secrets.size).toBeGreaterThanOrEqual(9);
    for (const secret of secrets) {
      for (const form of encodings(secret)) expect(everything.includes(form), `${secret.slice(0, 6)}…`).toBe(false);
    }
  });

  it("TEST-008 would notice a secret: the search finds what is there, in each encoding", async () => {
    const { api } = tenant;
    for (const text of [
      plantedSecret,
      Buffer.from(plantedSecret).toString("base64"),
      Buffer.from(plantedSecret).toString("hex"),
    ]) {
      const { body } = await api.post("/v1/connectors", sandboxConnector(service, { name: text.slice(0, 200) }));
      const everything = await readWholeDatabase();
      expect(encodings(plantedSecret).some((form) => everything.includes(form))).toBe(true);
      await get().queryPastGuards(`delete from connectors where id = '${body.id}' returning id`);
    }
  });

  it("TEST-008 leaves no secret in the log", () => {
    const log = service.logLines.join("\n");
    for (const secret of secrets) expect(log.includes(secret)).toBe(false);
  });

  it("TEST-001 opens credentials in their own row, and not in another", async () => {
    const { api } = tenant;
    const other = (await api.post("/v1/connectors", sandboxConnector(service, { credentials: { clientId: "other" } })))
      .body.id;
    await get().queryPastGuards(
      `update connectors set credentials = (select credentials from connectors where id = '${connectorId}') where id = '${other}' returning id`,
    );
    const moved = await api.post(`/v1/connectors/${other}/test`);
    expect(moved).toMatchObject({ status: 500, body: { code: "SEALED_VALUE_UNREADABLE", retryable: false } });
    expect(moved.text).not.toContain(plantedSecret);
    expect((await api.run(connectorId, "identity", {})).status).toBe(200);
  });

  it("TEST-001 does not open a value that was moved to another tenant", async () => {
    const foreign = await service.createTenant();
    const id = (await foreign.api.post("/v1/connectors", sandboxConnector(service))).body.id;
    const move = () =>
      get().queryPastGuards(
        `update connectors set credentials = (select credentials from connectors where id = '${connectorId}') where id = '${id}' returning id`,
      );
    // The database itself knows the other tenant's data key; who gets past that, still has nothing that opens.
    await expect(move()).rejects.toThrow(/foreign key/);
    await get().queryPastGuards("select set_config('session_replication_role', 'replica', false)");
    await move().finally(() => get().queryPastGuards("select set_config('session_replication_role', 'origin', false)"));
    expect(await foreign.api.post(`/v1/connectors/${id}/test`)).toMatchObject({
      body: { code: "SEALED_VALUE_UNREADABLE" },
    });
  });

  it("says so with a wrong key, keeps the row, and works again with the right one", async () => {
    const { sandbox } = service;
    const path = `/v1/connectors/${connectorId}`;
    const wrong = await startTestService(get().database, { keys: LocalKeyring.generate("k1"), sandbox });
    const askWith = async (running: TestService, method: string, address: string) =>
      (await fetch(running.url + address, { method, headers: { authorization: `Bearer ${tenant.apiKey}` } })).json();
    try {
      expect(await askWith(wrong, "POST", `${path}/test`)).toMatchObject({
        status: 500,
        code: "SEALED_VALUE_UNREADABLE",
      });
      expect(await askWith(wrong, "GET", path)).toMatchObject({ id: connectorId, hasCredentials: true, version: 1 });
    } finally {
      await wrong.close();
    }
    const rotated = await startTestService(get().database, { keys: `${LocalKeyring.generate("k2")},${keys}`, sandbox });
    try {
      expect(await askWith(rotated, "POST", `${path}/test`)).toMatchObject({ ok: true });
    } finally {
      await rotated.close();
    }
  });
});

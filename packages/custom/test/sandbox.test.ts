import type { EntityBatch, EntityCursor } from "@isthmus/core";
import { type SalesforceSandbox, startSalesforceSandbox } from "@isthmus/sandbox";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CustomConnector, createCustomConnector } from "../src/index.js";
import { sandboxConfiguration } from "./sandbox-configuration.js";

const redirectUri = "https://isthmus.example/oauth/callback/custom";

describe("Salesforce, described by a configuration", () => {
  let sandbox: SalesforceSandbox;
  let connector: CustomConnector;

  beforeEach(async () => {
    sandbox = await startSalesforceSandbox({ skipConsent: true, rotateRefreshTokens: true });
    connector = createCustomConnector({
      authenticationMethod: "oauth2_authorization_code",
      credentials: { clientId: sandbox.client.id, clientSecret: sandbox.client.secret },
      configuration: sandboxConfiguration(sandbox.url),
      allowedPrivateHosts: [new URL(sandbox.url).host],
    });
    const { authorizationUrl, pending } = await connector.getAuthUrl({ redirectUri });
    const { headers } = await fetch(authorizationUrl, { redirect: "manual" });
    await connector.handleCallback(headers.get("location") ?? "", pending);
    sandbox.clearRequests();
  });

  afterEach(async () => {
    await connector.close();
    await sandbox.close();
  });

  it("connects by an authorization code and names the account", async () => {
    expect(await connector.testConnection()).toMatchObject({
      ok: true,
      account: { id: expect.stringMatching(/^00D/), user: "ada.lindqvist@fjordline.example" },
    });
  });

  it("FR-IC-002 creates, reads, changes, finds and deletes a record", async () => {
    const created = await connector.call("records.create", { sobject: "Account", record: { Name: "O'Neil & Søn" } });
    expect(created).toMatchObject({ id: expect.stringMatching(/^001/) });
    const { id } = Object(created);
    const change = { sobject: "Account", id, record: { Industry: "Banking" } };
    expect(await connector.call("records.update", change)).toEqual({});
    expect(await connector.call("records.retrieve", { sobject: "Account", id, fields: "Name,Industry" })).toMatchObject(
      {
        Name: "O'Neil & Søn",
        Industry: "Banking",
      },
    );
    const soql = `SELECT Name FROM Account WHERE Id = '${id}'`;
    expect(await connector.call("query", { soql })).toMatchObject([{ Name: "O'Neil & Søn" }]);
    expect(await connector.call("records.delete", { sobject: "Account", id })).toEqual({});
    await expect(connector.call("records.retrieve", { sobject: "Account", id })).rejects.toMatchObject({
      code: "NOT_FOUND",
      vendor: { status: 404, code: "ENTITY_IS_DELETED" },
    });
  });

  it("renews a token that has ended, once for many callers", async () => {
    sandbox.expireAccessTokens();
    const query = { soql: "SELECT Id FROM Account LIMIT 1" };
    await Promise.all([connector.call("query", query), connector.call("query", query), connector.call("query", query)]);
    expect(sandbox.requests({ path: "/services/oauth2/token" })).toHaveLength(1);
  });

  it("reads all accounts page by page, then what changed since, with deletions", async () => {
    const first = await readAll(undefined);
    const count = Object(await connector.call("query", { soql: "SELECT Id FROM Account" })).length;
    expect(first.batches.length).toBeGreaterThan(1);
    expect(new Set(first.changes.map(({ id }) => id)).size).toBe(count);
    expect(first.changes.every(({ deleted, record }) => !deleted && record?.Name)).toBe(true);

    expect((await readAll(first.cursor)).changes).toEqual([]);

    const [changed, removed] = first.changes;
    await connector.call("records.update", { sobject: "Account", id: changed?.id, record: { Name: "Renamed" } });
    await connector.call("records.delete", { sobject: "Account", id: removed?.id });
    const second = await readAll(first.cursor);
    expect(second.changes).toEqual([
      expect.objectContaining({
        id: changed?.id,
        deleted: false,
        record: expect.objectContaining({ Name: "Renamed" }),
      }),
      { id: removed?.id, deleted: true, modifiedAtMs: expect.any(Number) },
    ]);
  });

  it("goes on after any batch whose cursor was stored", async () => {
    const whole = await readAll(undefined);
    for (const [index, { cursor }] of whole.batches.entries()) {
      const stored: EntityCursor = JSON.parse(JSON.stringify(cursor));
      const rest = await readAll(stored);
      const expected = whole.batches.slice(index + 1).flatMap(({ changes }) => changes);
      expect(rest.changes).toEqual(expected);
    }
  });

  it("describes the entity by its schema", async () => {
    const signal = new AbortController().signal;
    expect(await connector.entities.list(signal)).toMatchObject([
      { name: "Account", label: "Accounts", readable: true },
    ]);
    const { fields } = await connector.entities.describe("Account", signal);
    expect(fields).toMatchObject([
      { name: "Id", unique: true, creatable: false },
      { name: "Name", required: true, maxLength: 255, type: "string" },
      { name: "Industry", required: false, updatable: true },
    ]);
  });

  async function readAll(cursor: EntityCursor | undefined) {
    const batches: EntityBatch[] = [];
    for await (const batch of connector.entities.read("Account", cursor, new AbortController().signal))
      batches.push(batch);
    return { batches, changes: batches.flatMap(({ changes }) => changes), cursor: batches.at(-1)?.cursor };
  }
});

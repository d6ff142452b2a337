import { LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mapConcurrently } from "../../src/concurrently.js";
import { credentialsPlace } from "../../src/connectors/credentials-place.js";
import { ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey, sandboxConnector, startTestService, type TestService } from "../support/service.js";

const clientCount = 50;
/** As many of them also have tokens, which every operation of theirs opens. */
const connectedCount = 10;
const tenantCount = 5;

interface Client {
  readonly api: ApiClient;
  readonly tenantId: string;
  readonly connectorId: string;
  readonly connected: boolean;
  version: number;
  /** The secret of the last write that was answered with success. */
  written: string;
}

describe("keys that are rotated under load", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  const [k1, k2] = [LocalKeyring.generate("k1"), LocalKeyring.generate("k2")];
  let before: TestService;
  let service: TestService;
  let after: TestService;
  const clients: Client[] = [];
  const created: { tenantId: string; connectorId: string; secret: string }[] = [];

  beforeAll(async () => {
    const { database } = get();
    before = await startTestService(database, { keys: k1 });
    const { sandbox } = before;
    service = await startTestService(database, { keys: `${k2},${k1}`, sandbox, batchSize: 5 });
    after = await startTestService(database, { keys: k2, sandbox });
    const tenants = await Promise.all(Array.from({ length: tenantCount }, () => before.createTenant()));
    const numbers = Array.from({ length: clientCount }, (_, index) => index);
    await mapConcurrently(numbers, 10, async (index) => {
      const tenant = tenants[index % tenantCount] ?? expect.fail("no tenant");
      const { id } = (await tenant.api.post("/v1/connectors", sandboxConnector(before))).body;
      const connected = index < connectedCount;
      if (connected) {
        const link = (await tenant.api.post(`/v1/connectors/${id}/authorize`)).body.authorizationUrl;
        expect((await new TestBrowser().follow(link)).text).toContain("Connected");
      }
      const { tenantId, apiKey } = tenant;
      const api = new ApiClient(service.url, apiKey);
      clients.push({ api, tenantId, connectorId: id, connected, version: 1, written: before.sandbox.client.secret });
    });
  });
  afterAll(async () => {
    await after?.close();
    await service?.close();
    await before?.close();
    await before?.sandbox.close();
  });

  const credentials = (clientSecret: string) => ({ clientId: before.sandbox.client.id, clientSecret });

  /** Writes new credentials, then does something that has to open them. */
  async function work(client: Client, round: number): Promise<number> {
    const { api, tenantId, connectorId, connected } = client;
    const path = `/v1/connectors/${connectorId}`;
    const ifMatch = { "if-match": `"${client.version}"` };
    const secret = `secret-${connectorId}-${round}`;
    const write = await api.patch(path, { credentials: credentials(secret) }, ifMatch);
    expect(write.status, write.text).toBe(200);
    client.version += 1;
    client.written = secret;
    const read = connected ? await api.run(connectorId, "identity", {}) : await reconfigure(client);
    expect(read.status, read.text).toBe(200);
    if (round % 3 !== 0) return 2;
    const body = sandboxConnector(before, { credentials: credentials(`created-${secret}`) });
    const create = await api.post("/v1/connectors", body);
    expect(create.status, create.text).toBe(201);
    created.push({ tenantId, connectorId: create.body.id, secret: `created-${secret}` });
    return 3;
  }
  /** The stored credentials have to fit the configuration, so they are opened. */
  async function reconfigure(client: Client) {
    const path = `/v1/connectors/${client.connectorId}`;
    const answer = await client.api.patch(
      path,
      { configuration: { loginUrl: before.sandbox.url } },
      { "if-match": `"${client.version}"` },
    );
    client.version += 1;
    return answer;
  }

  it("open at every moment, lose no write, and need nothing of the old key afterwards", async () => {
    const platform = new ApiClient(service.url, platformKey);
    let rotating = true;
    let callsMeanwhile = 0;
    let valuesSealedAgain = 0;
    const load = Promise.all(
      clients.map(async (client) => {
        for (let round = 0; rotating; round += 1) {
          const calls = await work(client, round);
          callsMeanwhile += calls;
        }
      }),
    );
    load.catch(() => {
      rotating = false; // the failure itself is met below
    });
    // Until each client has had its turn, several times over, while a rotation ran.
    while (rotating && callsMeanwhile < clientCount * 6) {
      const { id } = (await platform.post("/v1/keys/rotate", { dataKeys: true })).body;
      await service.keyRotations.runOnce();
      const { body: done } = await platform.get(`/v1/keys/rotations/${id}`);
      expect(done).toMatchObject({
        status: "completed",
        progress: { dataKeys: { failed: 0 }, values: { failed: 0 } },
        waiting: null,
      });
      valuesSealedAgain += done.progress.values.done;
    }
    rotating = false;
    await load;
    expect(valuesSealedAgain).toBeGreaterThan(clientCount);

    const { body: keys } = await platform.get("/v1/keys");
    expect(keys.keyEncryptionKeys).toContainEqual({ id: "k1", dataKeys: 0, current: false, available: true });
    const { database, vault } = after.services;
    const readSecret = async (tenantId: string, connectorId: string) => {
      const row = await database.asTenant(tenantId, ({ connectors }) => connectors.findById(connectorId));
      return vault.open(row?.credentials, credentialsPlace(tenantId, connectorId));
    };
    for (const { tenantId, connectorId, written } of clients) {
      expect(await readSecret(tenantId, connectorId)).toMatchObject({ clientSecret: written });
    }
    for (const { tenantId, connectorId, secret } of created) {
      expect(await readSecret(tenantId, connectorId)).toMatchObject({ clientSecret: secret });
    }
    for (const { connectorId, tenantId } of clients.filter(({ connected }) => connected)) {
      const tokens = await after.services.tokenStores.of(tenantId, connectorId).load();
      expect(tokens.tokens?.accessToken.length).toBeGreaterThan(20);
    }
  });
});

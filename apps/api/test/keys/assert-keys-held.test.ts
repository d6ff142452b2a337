import { LocalKeyring, silentLogger } from "@isthmus/core";
import { afterEach, beforeAll, expect, it } from "vitest";
import { assertKeysHeld } from "../../src/vault/assert-keys-held.js";
import { describeOnDatabases } from "../support/databases.js";
import { sandboxConnector, startTestService } from "../support/service.js";

describeOnDatabases("the keys that are looked for at the start", (get) => {
  const k1 = LocalKeyring.generate("k1");
  const keyProvider = LocalKeyring.parse(k1);
  const check = (keys = keyProvider) =>
    assertKeysHeld({ database: get().database, keyProvider: keys, lostKeys: [], logger: silentLogger });
  const wrapBy = (provider: string, id: string) =>
    get().queryPastGuards(
      `update data_keys set key_encryption_key_id = '${id}',
       wrapped = wrapped || '{"provider": "${provider}", "keyEncryptionKeyId": "${id}"}'::jsonb returning id`,
    );

  beforeAll(async () => {
    const service = await startTestService(get().database, { keys: k1 });
    for (let count = 0; count < 2; count += 1) {
      const { api } = await service.createTenant();
      expect((await api.post("/v1/connectors", sandboxConnector(service))).status).toBe(201);
    }
    await service.close();
  });
  afterEach(() => wrapBy("local", "k1"));

  it.each([
    ["local", "k0", "ISTHMUS_KEYS", "k0:<base64>"],
    ["aws-kms", "arn:aws:kms:eu-central-1:111122223333:key/1", "ISTHMUS_AWS_KMS_KEYS", undefined],
    ["transit", "secret/transit/isthmus", "ISTHMUS_TRANSIT_KEYS", "isthmus"],
  ])(
    "are missing in the variable of the provider that wrapped with them: %s",
    async (provider, id, variable, entry) => {
      await wrapBy(provider, id);
      await expect(check()).rejects.toMatchObject({
        problems: [
          {
            variable,
            problem: expect.stringContaining(`lacks ${id} (wraps 2 data keys).`),
            example: `${variable}=<the keys it has>,${entry ?? id}`,
          },
        ],
      });
    },
  );

  it("are others than those that wrapped, which their ids do not show", async () => {
    await expect(check(LocalKeyring.parse(LocalKeyring.generate("k1")))).rejects.toMatchObject({
      problems: [{ variable: "ISTHMUS_KEYS", problem: expect.stringContaining("another key as k1") }],
    });
  });

  it("are the same ones although a single data key does not open", async () => {
    const [{ id } = {}] = await get().queryPastGuards("select id::text as id from data_keys order by id limit 1");
    const alter = (ciphertext: string) =>
      get().queryPastGuards(
        `update data_keys set wrapped = jsonb_set(wrapped, '{ciphertext}', '${ciphertext}') where id = '${id}' returning id`,
      );
    const [{ text } = {}] = await get().queryPastGuards(
      `select (wrapped -> 'ciphertext')::text as text from data_keys where id = '${id}'`,
    );
    await alter('"AAAA"');
    await expect(check()).resolves.toBeUndefined();
    await alter(String(text));
  });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalKeyring } from "@isthmus/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KmsFake } from "../../../../packages/aws-kms/test/support/kms-fake.js";
import { TransitFake } from "../../../../packages/core/test/support/transit-fake.js";
import { readConfiguration } from "../../src/configuration/index.js";
import { openKeyProvider } from "../../src/vault/open-key-provider.js";

const context = { tenantId: "tenant-1", dataKeyId: "key-1" };
const dataKey = Buffer.alloc(32, 7);

describe("openKeyProvider", () => {
  let kms: KmsFake;
  let transit: TransitFake;
  let folder: string;
  let variables: Record<string, string>;

  beforeEach(async () => {
    kms = await KmsFake.start();
    transit = await TransitFake.start();
    transit.rotate("isthmus");
    folder = await mkdtemp(join(tmpdir(), "isthmus-keys-"));
    await writeFile(join(folder, "token"), `${transit.token}\n`);
    // As the SDK's own chain finds them.
    vi.stubEnv("AWS_ACCESS_KEY_ID", kms.credentials.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", kms.credentials.secretAccessKey);
    variables = {
      ISTHMUS_KEYS: LocalKeyring.generate("k1"),
      ISTHMUS_AWS_KMS_KEYS: kms.createKey().arn,
      ISTHMUS_AWS_KMS_ENDPOINT: kms.server.origin,
      ISTHMUS_TRANSIT_ADDRESS: transit.server.origin,
      ISTHMUS_TRANSIT_KEYS: "isthmus",
      ISTHMUS_TRANSIT_TOKEN_FILE: join(folder, "token"),
      ISTHMUS_ALLOWED_PRIVATE_HOSTS: `${kms.server.host},${transit.server.host}`,
    };
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await kms.server.close();
    await transit.server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = (changes: Record<string, string>) => openKeyProvider(readConfiguration({ ...variables, ...changes }));

  it("moves a data key through every kind of provider, and asks nobody before it has to", async () => {
    let wrapped = await (await open({})).wrap(dataKey, context);
    expect([kms, transit].map(({ server }) => server.requests.length)).toEqual([0, 0]);
    for (const provider of ["aws-kms", "transit", "local"]) {
      const keys = await open({ ISTHMUS_KEY_PROVIDER: provider });
      expect(keys.keyIds[0]).toBe(keys.currentKeyId);
      expect(keys.keyIds).toHaveLength(3);
      wrapped = await keys.wrap(await keys.unwrap(wrapped, context), context);
      expect(wrapped.provider).toBe(provider);
      expect(await keys.unwrap(wrapped, context)).toEqual(dataKey);
      await keys.close?.();
    }
  });

  it("reads the file of the token before each call, and takes an empty one for a token that will come", async () => {
    const keys = await open({ ISTHMUS_KEY_PROVIDER: "transit" });
    await writeFile(join(folder, "token"), "\n");
    await expect(keys.wrap(dataKey, context)).rejects.toMatchObject({ code: "KEY_UNAVAILABLE", retryable: true });
    await writeFile(join(folder, "token"), transit.token);
    expect((await keys.wrap(dataKey, context)).keyEncryptionKeyId).toBe("transit/isthmus");
    await keys.close?.();
  });
});

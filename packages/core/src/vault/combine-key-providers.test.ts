import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TransitFake } from "../../test/support/transit-fake.js";
import { combineKeyProviders } from "./combine-key-providers.js";
import { LocalKeyring } from "./local-keyring.js";
import { TransitKeys } from "./transit-keys.js";

const context = { tenantId: "tenant-1", dataKeyId: "key-1" };
const dataKey = Buffer.alloc(32, 7);
const local = LocalKeyring.parse(LocalKeyring.generate("k1"));

describe("combineKeyProviders", () => {
  let fake: TransitFake;
  let transit: TransitKeys;

  beforeEach(async () => {
    fake = await TransitFake.start();
    fake.rotate("isthmus");
    transit = new TransitKeys({
      address: fake.server.origin,
      allowedPrivateHosts: [fake.server.host],
      token: fake.token,
      key: "isthmus",
    });
  });
  afterEach(async () => {
    await transit.close();
    await fake.server.close();
  });

  it("moves a data key from the local keyring to transit and back, readable at every step", async () => {
    const before = await local.wrap(dataKey, context);
    const there = combineKeyProviders(transit, local);
    const moved = await there.wrap(await there.unwrap(before, context), context);
    expect(moved).toMatchObject({ provider: "transit", keyEncryptionKeyId: "transit/isthmus" });
    expect(await there.unwrap(moved, context)).toEqual(dataKey);
    expect(await transit.unwrap(moved, context)).toEqual(dataKey);

    const back = combineKeyProviders(local, transit);
    const returned = await back.wrap(await back.unwrap(moved, context), context);
    expect(returned).toMatchObject({ provider: "local", keyEncryptionKeyId: "k1" });
    expect(await local.unwrap(returned, context)).toEqual(dataKey);
  });

  it("is of the first one's kind, and holds the keys of all", () => {
    expect(combineKeyProviders(transit, local)).toMatchObject({
      provider: "transit",
      currentKeyId: "transit/isthmus",
      keyIds: ["transit/isthmus", "k1"],
    });
  });

  it("takes as current only what the current one wrapped and is sure of", async () => {
    const ofLocal = await local.wrap(dataKey, context);
    const ofTransit = await transit.wrap(dataKey, context);
    const isCurrent = (keys: ReturnType<typeof combineKeyProviders>) =>
      [ofLocal, ofTransit].map((wrapped) => keys.isCurrent(wrapped));
    expect(isCurrent(combineKeyProviders(local, transit))).toEqual([true, false]);
    // A newer version of the transit key may have come meanwhile.
    expect(isCurrent(combineKeyProviders(transit, local))).toEqual([false, false]);
  });

  it("names the kinds that are configured when a wrapped key is of another", async () => {
    const wrapped = { ...(await local.wrap(dataKey, context)), provider: "elsewhere" };
    const opening = combineKeyProviders(local, transit).unwrap(wrapped, context);
    await expect(opening).rejects.toMatchObject({
      code: "SEALED_VALUE_UNREADABLE",
      message: expect.stringMatching(/"elsewhere", and only local, transit is configured\. Configure/),
    });
  });

  it("sends a wrapped key to no provider but the one of its kind", async () => {
    const wrapped = { ...(await transit.wrap(dataKey, context)), provider: "local" };
    const asked = fake.server.requests.length;
    await expect(combineKeyProviders(local, transit).unwrap(wrapped, context)).rejects.toMatchObject({
      code: "SEALED_VALUE_UNREADABLE",
    });
    expect(fake.server.requests.length).toBe(asked);
  });

  it("refuses two of one kind", () => {
    const other = LocalKeyring.parse(LocalKeyring.generate("k2"));
    expect(() => combineKeyProviders(local, transit, other)).toThrowError(
      expect.objectContaining({ code: "KEY_INVALID", message: expect.stringContaining("local, transit") }),
    );
  });

  it("closes all of them", async () => {
    await combineKeyProviders(local, transit).close?.();
    await expect(transit.wrap(dataKey, context)).rejects.toMatchObject({ code: "KEY_UNAVAILABLE" });
  });
});

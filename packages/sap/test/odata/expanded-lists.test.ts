import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallModel } from "../support/small-model.js";
import { type StubSap, startStubSap } from "../support/stub-sap.js";

const types = {
  Orders: { keys: ["ID"], properties: { ID: "Edm.Int32" }, navigations: { to_Item: "Items[]" } },
  Items: { keys: ["ID"], properties: { ID: "Edm.Int32" } },
};

describe("an expanded list that the service cuts", () => {
  let stub: StubSap;
  beforeAll(async () => {
    stub = await startStubSap();
  });
  afterAll(() => stub.close());

  const v4 = { ID: 1, to_Item: [{ ID: 10 }], "to_Item@odata.nextLink": "Orders(1)/to_Item?$skiptoken=1" };
  const v2 = { ID: 1, to_Item: { results: [{ ID: 10 }], __next: "Orders(1)/to_Item?$skiptoken=1" } };
  const refusal = { code: "UNSUPPORTED", message: expect.stringContaining("to_Item") };

  it.each([
    ["v2", { d: v2 }, { d: { results: [v2] } }],
    ["v4", v4, { value: [v4] }],
  ] as const)("is never handed over as if it were whole in %s", async (version, one, many) => {
    const orders = stub.service(smallModel(version, types));
    stub.answers.push({ body: one }, { body: many });
    await expect(orders.read("Orders", 1, { expand: ["to_Item"] })).rejects.toMatchObject(refusal);
    const query = Array.fromAsync(orders.query("Orders", { expand: ["to_Item"] }));
    await expect(query).rejects.toMatchObject(refusal);
  });

  it("does not put a write in doubt that gave it back", async () => {
    stub.answers.push({ status: 201, body: { d: v2 } });
    const created = await stub.service(smallModel("v2", types)).create("Orders", { ID: 1 });
    expect(created.record).toEqual({ ID: 1, to_Item: [{ ID: 10 }] });
  });
});

import { expect, it } from "vitest";
import { connectedTo, startSandbox } from "./connect.js";

const total = 1_000;

it("makes exactly 1,000 invoices while connections are cut after QuickBooks has made them", async () => {
  const sandbox = await startSandbox();
  const quickbooks = await connectedTo(sandbox);
  const before = sandbox.records(sandbox.realmId).all("Invoice").length;
  const customer = await quickbooks.create("Customer", { DisplayName: "Storm" });
  const [item] = await Array.fromAsync(quickbooks.query("select * from Item where Type = 'Service'"));
  // Every third create is made and its answer lost; every ninth of the repetitions too.
  const path = `/v3/company/${sandbox.realmId}/invoice`;
  for (let round = 0; round < 400; round += 1) {
    sandbox.addFault({ path, method: "POST", skip: round % 3, cutAfter: true });
  }
  for (let round = 0; round < 100; round += 1) {
    sandbox.addFault({ path, method: "POST", skip: 200 + 5 * round, cutBody: true });
  }
  const create = (index: number) =>
    quickbooks.create("Invoice", {
      CustomerRef: { value: customer.Id },
      DocNumber: `S-${index}`,
      Line: [
        {
          DetailType: "SalesItemLineDetail",
          Amount: "10.01",
          SalesItemLineDetail: { ItemRef: { value: String(item?.Id) } },
        },
      ],
    });
  const made = await Promise.all(Array.from({ length: total }, (_, index) => create(index)));

  const invoices = sandbox.records(sandbox.realmId).all("Invoice").slice(before);
  expect(invoices).toHaveLength(total);
  // None that the caller does not know, and no two callers know the same.
  expect(new Set(made.map(({ Id }) => Id))).toEqual(new Set(invoices.map(({ Id }) => Id)));
  expect(made.map(({ DocNumber }) => DocNumber)).toEqual(Array.from({ length: total }, (_, index) => `S-${index}`));
  expect(sandbox.requests({ path, method: "POST" }).length).toBeGreaterThan(total + 300);
  expect(await quickbooks.count("Invoice", `CustomerRef = '${customer.Id}'`)).toBe(total);
  await quickbooks.close();
  await sandbox.close();
});

import { afterAll, expect, it } from "vitest";
import { createSalesforceConnector } from "../../src/index.js";
import { startStubInstance } from "../stub-instance.js";
import { thingDescription } from "./thing-description.js";

const [winner, loser] = ["a00000000000001AAA", "a00000000000002AAA"];
const open: { close(): Promise<void> }[] = [];
afterAll(async () => {
  for (const each of open) await each.close();
});

it("tells of a merged record which one is left", async () => {
  const atMs = Date.now() - 60_000;
  const SystemModstamp = new Date(atMs).toISOString().replace("Z", "+0000");
  const row = { Id: loser, SystemModstamp, IsDeleted: true, MasterRecordId: winner };
  const instance = await startStubInstance(({ url }) => {
    if (url.includes("/describe")) return { status: 200, body: JSON.stringify(thingDescription) };
    if (url.includes("/deleted/")) return { status: 200, body: JSON.stringify({ deletedRecords: [] }) };
    if (url === "/services/data") return { status: 200, body: "[]" };
    return { status: 200, body: JSON.stringify({ totalSize: 1, done: true, records: [row] }) };
  });
  const connector = createSalesforceConnector({
    clientId: "key",
    refreshToken: "refresh",
    loginUrl: instance.url,
    allowedPrivateHosts: [new URL(instance.url).host],
  });
  open.push(connector, instance);
  const cursor = { v: 1, entity: "Thing__c", fromMs: atMs - 60_000, known: [] };
  const first = await connector.changes.read("Thing__c", cursor).next();
  expect(first.value?.changes).toEqual([{ id: loser, deleted: true, modifiedAtMs: atMs, mergedInto: winner }]);
});

import { startSalesforceSandbox } from "@isthmus/sandbox";
import { expect, it } from "vitest";
import { TestBrowser } from "../support/browser.js";
import { describeLongWork } from "../support/databases.js";
import { sandboxConnector, startTestService } from "../support/service.js";
import { writeBench } from "./write-bench.js";

const count = 10_000;

describeLongWork("writing back as many records as one request takes", (get) => {
  it("costs milliseconds a batch, with and without comparing", { timeout: 300_000 }, async () => {
    const sandbox = await startSalesforceSandbox({ skipConsent: true });
    const service = await startTestService(get().database, { sandbox });
    const tenant = await service.createTenant();
    const { id } = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body;
    const link = await tenant.api.post(`/v1/connectors/${id}/authorize`);
    await new TestBrowser().follow(link.body.authorizationUrl);
    const bench = writeBench(service, tenant.api, id, get().queryPastGuards);
    const write = async (what: string, records: readonly object[], policy: string) => {
      const began = performance.now();
      const { body } = await bench.post("Account", records, policy);
      const noted = performance.now();
      const { output } = await bench.finish(body.id);
      const seconds = (performance.now() - noted) / 1_000;
      const rate = Math.round(count / seconds);
      process.stdout.write(
        `${what}: noted in ${Math.round(noted - began)} ms, written in ${seconds.toFixed(1)} s, ${rate} records/s\n`,
      );
      return { runId: String(body.id), output };
    };
    const created = await write(
      "upserts by external id",
      Array.from({ length: count }, (_, n) => {
        return { externalId: { field: "External_Id__c", value: `v-${n}` }, record: { Name: `Volume ${n}` } };
      }),
      "ours",
    );
    expect(created.output).toEqual({ created: count });
    const headers = { accept: "application/x-ndjson" };
    const lines = (await tenant.api.get(`/v1/operation-runs/${created.runId}/records`, headers)).text
      .trim()
      .split("\n");
    const base = new Date(Date.now() + 1_000).toISOString();
    const changes = lines.map((line) => ({ id: String(JSON.parse(line).id), record: { Industry: "Energy" }, base }));
    expect((await write("conditional changes", changes, "fail")).output).toEqual({ updated: count });
    await service.close();
    await sandbox.close();
  });
});

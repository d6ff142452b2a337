import { expect } from "vitest";
import { OperationRunWorker } from "../../src/workers/operation-run-worker.js";
import type { ApiClient } from "./api-client.js";
import type { TestService } from "./service.js";

/** Ids of what a connector has done at Salesforce, for calls that need some. */
export interface SalesforceTraces {
  readonly accountId: string;
  readonly contentVersionId: string;
  readonly ingestJobId: string;
  readonly queryJobId: string;
  /** A run that goes on. */
  readonly runId: string;
}

/** Has a connector make a file, load a row, run a query, and begin another one. */
export async function leaveSalesforceTraces(
  service: TestService,
  api: ApiClient,
  connectorId: string,
): Promise<SalesforceTraces> {
  const worker = new OperationRunWorker(service.services, { pollMs: 20 });
  const run = async (operation: string, input: unknown, headers?: Record<string, string>) => {
    const { status, text, body } = await api.run(connectorId, operation, input, headers);
    expect(status, `${operation} ${text}`).toBeLessThan(300);
    return body;
  };
  const finish = async (runId: string) => {
    const read = async () => {
      await worker.beginDue();
      await worker.settle();
      return (await api.get(`/v1/operation-runs/${runId}`)).body;
    };
    await expect.poll(async () => (await read()).status, { timeout: 10_000 }).toBe("succeeded");
    return (await read()).output;
  };
  const soql = "SELECT Id FROM Account LIMIT 1";
  const file = await run("blobs.upload?fileName=a.txt", "smoke", { "content-type": "text/plain" });
  const csv = { "content-type": "text/csv" };
  const loaded = await finish((await run("bulk.ingest?sobject=Account&operation=insert", "Name\nSmoke", csv)).id);
  const queried = await finish((await run("bulk.query", { soql })).id);
  const { records } = await run("query", { soql });
  return {
    accountId: records[0].Id,
    contentVersionId: file.id,
    ingestJobId: loaded.jobs[0].id,
    queryJobId: queried.jobId,
    runId: (await run("bulk.query", { soql })).id,
  };
}

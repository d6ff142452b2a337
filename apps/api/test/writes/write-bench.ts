import { expect } from "vitest";
import { OperationRunWorker } from "../../src/workers/operation-run-worker.js";
import type { Answer, ApiClient } from "../support/api-client.js";
import type { SuiteDatabase } from "../support/databases.js";
import type { TestService } from "../support/service.js";

/** Writes records of one connector through the API, and lets a worker do it. */
export interface WriteBench {
  /** Asks for records to be written. */
  post(entity: string, records: readonly object[], policy?: string, headers?: Record<string, string>): Promise<Answer>;
  /** Lets the worker do what is due, once. */
  work(): Promise<number>;
  /** Lets the worker go on, pauses left out, until the run has ended. @returns it. */
  finish(runId: string): Promise<Answer["body"]>;
  /** {@link post} and {@link finish}. @returns what became of each record: `outcome`, or `outcome CODE`. */
  write(entity: string, records: readonly object[], policy?: string): Promise<string[]>;
  /** What became of each record of a run, in whole. */
  outcomes(runId: string): Promise<Answer["body"][]>;
}

/** Makes one. */
export function writeBench(
  { services }: Pick<TestService, "services">,
  api: ApiClient,
  connectorId: string,
  query: SuiteDatabase["queryPastGuards"],
): WriteBench {
  const worker = new OperationRunWorker(services, { slots: 4 });
  const read = async (id: string) => (await api.get(`/v1/operation-runs/${id}`)).body;
  const bench: WriteBench = {
    post: (entity, records, policy, headers) =>
      api.post(`/v1/connectors/${connectorId}/records`, { entity, records, ...(policy && { policy }) }, headers),
    async work() {
      const begun = await worker.beginDue();
      await worker.settle();
      return begun;
    },
    async finish(id) {
      for (let look = 0; look < 40; look += 1) {
        await bench.work();
        const run = await read(id);
        if (run.endedAt !== null) return run;
        await query("update operation_runs set next_look_at = now() where id = $1::uuid", id);
      }
      throw new Error(`The run does not end: ${JSON.stringify(await read(id))}`);
    },
    async outcomes(id) {
      return (await api.get(`/v1/operation-runs/${id}/records?limit=200`)).body.data;
    },
    async write(entity, records, policy) {
      const { status, body, text } = await bench.post(entity, records, policy);
      expect(status, text).toBe(202);
      expect(await bench.finish(body.id)).toMatchObject({ status: "succeeded" });
      return (await bench.outcomes(body.id)).map(({ outcome, error }) =>
        error ? `${outcome} ${error.code}` : outcome,
      );
    },
  };
  return bench;
}

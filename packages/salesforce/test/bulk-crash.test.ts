import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { MemoryTokenStore } from "@isthmus/core";
import type { SalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { IngestState, SalesforceConnector } from "../src/index.js";
import { impatientClock, leadNames, namesOf } from "./bulk-bench.js";
import { connectedTo, startSandbox } from "./connect.js";

let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;

beforeAll(async () => {
  sandbox = await startSandbox({ seed: false });
});

beforeEach(async () => {
  sandbox.reset();
  sandbox.configure({ bulkPollsUntilComplete: 8 });
  connector = await connectedTo(sandbox, { clock: impatientClock() });
});

afterEach(() => connector.close());
afterAll(() => sandbox.close());

const phasesOf = ({ jobs }: IngestState) => new Set(jobs.map(({ phase }) => phase));

describe("a process that is killed during a load", () => {
  it("leaves a state by which nothing was handed over, when it died during the upload", async () => {
    const state = await killWhen(({ jobs }) => jobs.length >= 3);
    await expect(connector.bulk.resume(state)).rejects.toMatchObject({ code: "CONFLICT" });
    await connector.bulk.cancel(state);
    // Once more: whoever cancels may die, too.
    await connector.bulk.cancel(state);
    expect(await leadNames(connector)).toEqual([]);
    for (const { id } of state.jobs)
      expect(await connector.bulk.ingest.jobs.info(id)).toMatchObject({ state: "Aborted" });
  });

  it.each([
    ["right after the upload", (state: IngestState) => phasesOf(state).has("uploaded") && rowsOf(state) === 300],
    ["after the hand-over", (state: IngestState) => phasesOf(state).has("handedOver")],
    ["in the middle of the work", ({ looks }: IngestState) => looks >= 4],
  ])("is gone on with by its state %s, and every row is written once", async (_when, isReached) => {
    const state = await killWhen(isReached);
    const result = await connector.bulk.resume(state);
    expect(result).toMatchObject({ ok: true, processed: 300, failed: 0, total: 300 });
    expect(result.jobs.map(({ id }) => id)).toEqual(state.jobs.map(({ id }) => id));
    expect(await leadNames(connector)).toEqual(namesOf(0, 300));
  });
});

function rowsOf({ jobs }: IngestState): number {
  return jobs.reduce((rows, job) => rows + job.rows, 0);
}

/** Kills a process that loads when it has told a state of that kind. @returns The last state that it told. */
async function killWhen(isReached: (state: IngestState) => boolean): Promise<IngestState> {
  const store = new MemoryTokenStore();
  const lender = await connectedTo(sandbox, { tokenStore: store });
  const { tokens } = await store.load();
  const sources = new URL("../../../vitest.sources.mjs", import.meta.url).href;
  const program = fileURLToPath(new URL("./bulk-crash-child.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", sources, program], {
    env: {
      SANDBOX_URL: sandbox.url,
      REFRESH_TOKEN: tokens?.refreshToken,
      CLIENT_ID: sandbox.client.id,
      CLIENT_SECRET: sandbox.client.secret,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = new Promise((resolve) => child.once("close", resolve));
  let last: IngestState | undefined;
  for await (const line of createInterface(child.stdout)) {
    last = JSON.parse(line);
    if (last && isReached(last)) child.kill("SIGKILL");
  }
  await closed;
  await lender.close();
  if (!last) throw new Error("The process ended before it told a state.");
  return last;
}

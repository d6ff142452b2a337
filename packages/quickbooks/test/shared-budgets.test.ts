import type { CallBudgets } from "@isthmus/core";
import { afterEach, expect, it } from "vitest";
import type { QuickbooksConnector } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";

/** Budgets that let everything through and note what they are asked, by what they allow. */
function notingBudgets(): { readonly budgets: CallBudgets; readonly notes: string[]; readonly accounts: Set<string> } {
  const notes: string[] = [];
  const accounts = new Set<string>();
  const budgets: CallBudgets = {
    of(account, limits) {
      accounts.add(JSON.stringify([account, limits]));
      const name = account.at(-1) === "batches" ? "batch" : "call";
      return {
        async acquire() {
          notes.push(name);
          return { isCurrent: () => true, release: () => void notes.push(`${name} over`) };
        },
        pause: (milliseconds) => void notes.push(`pause ${milliseconds}`),
        observeQuota: () => undefined,
      };
    },
  };
  return { budgets, notes, accounts };
}

const limits = { concurrency: 4, callsPerSecond: 3, callsPerMinute: 120, batchesPerMinute: 30 };
let connector: QuickbooksConnector | undefined;
afterEach(() => connector?.close());

it("asks the company's budget before each try, and another one before each batch", async () => {
  const sandbox = await startSandbox();
  const { budgets, notes, accounts } = notingBudgets();
  connector = await connectedTo(sandbox, { budgets, limits });
  notes.length = 0;
  await connector.count("Customer");
  expect(notes).toEqual(["call", "call over"]);
  const [first] = accounts;
  expect(JSON.parse(first ?? "")).toEqual([
    ["quickbooks", sandbox.url, sandbox.client.id, sandbox.realmId],
    {
      rates: [
        { count: 3, perMs: 1_000 },
        { count: 120, perMs: 60_000 },
      ],
      burst: 3,
      concurrency: 4,
    },
  ]);
  notes.length = 0;
  await connector.batch([{ operation: "query", query: "select * from Customer maxresults 1" }]);
  expect(notes).toEqual(["batch", "call", "batch over", "call over"]);
  await sandbox.close();
});

it("tells the budget when Intuit wants to be left alone", async () => {
  const sandbox = await startSandbox();
  const { budgets, notes } = notingBudgets();
  connector = await connectedTo(sandbox, { budgets, limits });
  sandbox.addFault({ status: 429, body: { fault: { error: [{ code: "3001" }] } } });
  notes.length = 0;
  await connector.count("Customer");
  expect(notes).toEqual(["call", "call over", "pause 60000", "call", "call over"]);
  await sandbox.close();
});

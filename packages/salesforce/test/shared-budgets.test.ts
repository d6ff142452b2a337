import type { CallBudgets } from "@isthmus/core";
import { expect, it } from "vitest";
import { connectedTo, startSandbox } from "./connect.js";

it("asks the organisation's budget before each request, and tells it what is used of the day", async () => {
  const notes: string[] = [];
  const accounts = new Set<string>();
  const budgets: CallBudgets = {
    of(account, limits) {
      accounts.add(JSON.stringify([account[0], limits]));
      return {
        async acquire() {
          notes.push("call");
          return { isCurrent: () => true, release: () => void notes.push("over") };
        },
        pause: () => undefined,
        observeQuota: (used, max) => void notes.push(`${used}/${max}`),
      };
    },
  };
  const sandbox = await startSandbox({ dailyApiRequests: 1_000 });
  const limits = { concurrentRequests: 7, reservePercent: 10 };
  const connector = await connectedTo(sandbox, { budgets, limits });
  notes.length = 0;
  await connector.queryPage({ soql: "SELECT Id FROM Account LIMIT 1" });
  // A tenth is left to others: 900 are ours.
  expect(notes).toEqual(["call", "over", `${connector.apiUsage?.used}/900`]);
  expect([...accounts]).toEqual([JSON.stringify(["salesforce", { concurrency: 7 }])]);
  await connector.close();
  await sandbox.close();
});

it("sends nothing where the budget refuses", async () => {
  const sandbox = await startSandbox();
  let isOpen = true;
  const budgets: CallBudgets = {
    of: () => ({
      async acquire() {
        if (!isOpen) throw new RangeError("used up");
        return { isCurrent: () => true, release: () => undefined };
      },
      pause: () => undefined,
      observeQuota: () => undefined,
    }),
  };
  const connector = await connectedTo(sandbox, { budgets });
  isOpen = false;
  await expect(connector.queryPage({ soql: "SELECT Id FROM Account LIMIT 1" })).rejects.toThrow("used up");
  expect(sandbox.requests()).toHaveLength(0);
  isOpen = true;
  await connector.queryPage({ soql: "SELECT Id FROM Account LIMIT 1" });
  await connector.close();
  await sandbox.close();
});

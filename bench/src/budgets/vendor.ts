import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { listAccounts } from "./accounts.js";

// A vendor that counts: of each account the calls of every stretch, wherever it begins, and those at work at once. It
// answers each call, so that nothing but the callers keeps them within its limits. `/…` names the account; `/stats?reset` tells.
const accounts = new Map(
  listAccounts(Number(process.argv[2] ?? 1_000), Number(process.argv[3] ?? 60)).map((account) => [
    `/${account.name}`,
    { ...account, arrivals: [] as number[], next: 0, atWork: 0 },
  ]),
);
let stats = { calls: 0, tooMany: 0, tooManyAtOnce: 0, mostAtOnce: 0, earliestMs: 0, sinceMs: performance.now() };

const server = createServer((request, response) => {
  const nowMs = performance.now();
  const account = accounts.get(request.url ?? "");
  if (account === undefined) {
    const seconds = (nowMs - stats.sinceMs) / 1_000;
    response.end(JSON.stringify({ ...stats, seconds }));
    if (request.url?.includes("reset")) {
      stats = { calls: 0, tooMany: 0, tooManyAtOnce: 0, mostAtOnce: 0, earliestMs: 0, sinceMs: nowMs };
    }
    return;
  }
  stats.calls += 1;
  // The one that came `count` calls ago: with this one, they are one too many for the stretch.
  const before = account.arrivals[account.next];
  if (before !== undefined && nowMs - before < account.perMs) {
    stats.tooMany += 1;
    stats.earliestMs = Math.max(stats.earliestMs, account.perMs - (nowMs - before));
  }
  account.arrivals[account.next] = nowMs;
  account.next = (account.next + 1) % account.count;
  account.atWork += 1;
  stats.mostAtOnce = Math.max(stats.mostAtOnce, account.atWork);
  if (account.atWork > account.concurrency) stats.tooManyAtOnce += 1;
  void delay(5 + Math.random() * 45).then(() => {
    account.atWork -= 1;
    response.end("{}");
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(typeof address === "object" ? address?.port : undefined);
});

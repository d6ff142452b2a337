import type { FaultBench } from "./fault-bench.js";

/** How many of each. */
export interface Crowd {
  readonly processes: number;
  readonly connectors: number;
}

/**
 * Lets every process run an operation of every connector at once, while its worker looks for what is due, too.
 *
 * @returns how each operation ended, and what the vendor has seen of each grant.
 */
export async function renewEverywhere(bench: FaultBench, { processes, connectors }: Crowd) {
  const connectorIds = await connect(bench, connectors);
  const running = await Promise.all(Array.from({ length: processes }, () => bench.start()));
  try {
    const answers = await Promise.all(
      running.map(async (process) => {
        const [results] = await Promise.all([
          process.tell({ do: "operate", connectorIds }),
          process.tell({ do: "work" }),
        ]);
        return results;
      }),
    );
    return { results: answers.flat(), grants: connectorIds.map((id) => bench.vendor.seen(id)) };
  } finally {
    await Promise.all(running.map((process) => process.kill()));
  }
}

/** No more at once than there are database connections: what waits for one gives up after 5 s on a busy machine. */
async function connect(bench: FaultBench, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const some = Array.from({ length: Math.min(10, count - ids.length) }, () => bench.connector());
    ids.push(...(await Promise.all(some)));
  }
  return ids;
}

import type { OperationRun } from "../answers.js";
import type { RunsContext } from "../context.js";
import { tell } from "../notices.js";
import type { RunFilter } from "../tenant-api.js";
import { watch } from "../watch.js";
import { describeRun, drawRun, goesOn } from "./describe-run.js";

/** Prints the newest runs, the newest first. */
export async function listRuns({ api, host, json }: RunsContext, filter: RunFilter): Promise<void> {
  const runs = await api.listRuns(filter);
  if (json) host.write(`${JSON.stringify(runs)}\n`);
  else if (runs.data.length === 0) host.write("No operation run.\n");
  else for (const run of runs.data) host.write(`${describeRun(run)}\n`);
}

/** Shows how far a run is until it has ended. */
export async function watchRun(context: RunsContext, id: string): Promise<void> {
  const { api } = context;
  const begun = await api.getRun(id);
  const last = await watch(context, {
    begun,
    read: () => api.getRun(id),
    goesOn,
    describe: describeRun,
    draw: (run) => drawRun(run),
  });
  if (last === undefined) {
    tell(context, `The run goes on in the service. \`isthmus runs cancel ${id}\` ends it.`);
    context.exitWith(130); // as shells have it for Ctrl-C
    return;
  }
  print(context, last);
  if (last.status !== "succeeded" || last.progress.failed > 0) context.exitWith(1);
}

/** Ends the work of a run at the vendor. */
export async function cancelRun(context: RunsContext, id: string): Promise<void> {
  print(context, await context.api.cancelRun(id));
}

function print({ host, json }: RunsContext, run: OperationRun): void {
  host.write(`${json ? JSON.stringify(run) : describeRun(run)}\n`);
}

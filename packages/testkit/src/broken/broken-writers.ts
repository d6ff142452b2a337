import { outcomeOfConflict } from "@isthmus/core";
import { createCardSource, type WriteCard, writeCard } from "../reference/reference-cards.js";
import { referenceHarness } from "../reference/reference-harness.js";
import { type BrokenConnector, brokenBy } from "./broken-connector.js";

const { writer: _writer, ...withoutWriter } = referenceHarness;

/** Connectors that lose or double records, or overwrite what others did. */
export const brokenWriters: readonly BrokenConnector[] = [
  brokenBy("writer.absent", "writes records that its harness says nothing of", {}, withoutWriter),

  brokenWriter(
    "writer.outcomes",
    "throws for a record that fails, so that nobody knows of the others",
    (connector, write, call) =>
      writeCard(connector, write, call).then((outcome) => {
        if ("error" in outcome) throw outcome.error;
        return outcome;
      }),
  ),

  brokenWriter("writer.outcomes", "does not tell the id of a new record", async (...write) => {
    const outcome = await writeCard(...write);
    return outcome.outcome === "created" ? { outcome: "created" } : outcome;
  }),

  brokenWriter("writer.policies", "overwrites whatever is there", (connector, write, call) =>
    writeCard(connector, write, { ...call, policy: "ours" }),
  ),

  brokenWriter("writer.policies", "calls a conflict what is to be left as it is", (connector, write, call) =>
    writeCard(connector, write, call.policy === "theirs" ? { ...call, policy: "fail" } : call),
  ),

  brokenWriter("writer.attempted", "takes another key for each try", (connector, write, call) =>
    writeCard(connector, { ...write, key: `${write.key}/${++tries}` }, call),
  ),

  brokenWriter(
    "writer.attempted",
    "compares versions of what it has changed itself",
    async (connector, write, call) => {
      const cards = await connector.listCards({ signal: call.signal });
      const there = cards.find(({ id }) => id === write.id);
      const hasMoved = call.policy !== "ours" && write.base !== undefined && String(there?.version) !== write.base;
      return hasMoved ? outcomeOfConflict(call.policy, write.id) : writeCard(connector, write, call);
    },
  ),
];

let tries = 0;

function brokenWriter(breaks: BrokenConnector["breaks"], mistake: string, writeOne: WriteCard): BrokenConnector {
  return brokenBy(breaks, mistake, { entities: (connector) => createCardSource(connector, writeOne) });
}

import { z } from "zod";
import { referenceDefinition } from "../reference/reference-definition.js";
import { defineImport, type ReferenceImport, referenceImport } from "../reference/reference-import.js";
import { type BrokenConnector, brokenBy } from "./broken-connector.js";

/** Connectors whose bulk operation does not survive its process, or is not ended by what was stored of it. */
export const brokenBulk: readonly BrokenConnector[] = [
  brokenImport("bulk.state", "keeps a date in its state, which is a text when it comes back", {
    state: z.looseObject({ importId: z.string(), done: z.int(), startedAt: z.date() }),
    start: async (...call) => Object.assign(await referenceImport.start(...call), { startedAt: new Date(0) }),
  }),

  brokenImport("bulk.state", "keeps what it has seen in a set, of which nothing is stored", {
    state: z.looseObject({ importId: z.string(), done: z.int() }),
    start: async (...call) => Object.assign(await referenceImport.start(...call), { seen: new Set(["One"]) }),
  }),

  brokenImport("bulk.advance_repeatable", "does the next part at each look, whatever its state says", {
    async advance(connector, state, { signal }) {
      const counts = await connector.importNextPart(state.importId, { signal });
      const progress = { processed: state.done + 1, failed: 0, total: counts.total };
      if (progress.processed >= counts.total) {
        return { done: true, progress: { ...progress, processed: counts.done }, output: { imported: counts.done } };
      }
      return { done: false, state: { ...state, done: state.done + 1 }, progress, waitMs: 0 };
    },
  }),

  brokenImport("bulk.cancel_repeatable", "fails to end what is gone already", {
    cancel: (connector, { importId }, { signal }) => connector.endImport(importId, { signal }),
  }),
];

function brokenImport(
  breaks: BrokenConnector["breaks"],
  mistake: string,
  changes: Partial<ReferenceImport>,
): BrokenConnector {
  return brokenBy(breaks, mistake, {
    operations: (configuration) =>
      referenceDefinition
        .operations(configuration)
        .map((each) => (each.kind === "bulk" ? defineImport({ ...referenceImport, ...changes }) : each)),
  });
}

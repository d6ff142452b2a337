import { defineBulkOperation, isConnectorError, type LongRun } from "@isthmus/core";
import { z } from "zod";
import type { ReferenceConnector } from "./reference-connector.js";

const stateSchema = z.strictObject({ importId: z.string(), done: z.int() });
const outputSchema = z.strictObject({ imported: z.int() });

/** An import of notes, in steps. */
export type ReferenceImport = LongRun<
  ReferenceConnector,
  { readonly texts: readonly string[] },
  z.output<typeof stateSchema>,
  z.output<typeof outputSchema>
>;

/** Each part is named by its number, so that doing it again changes nothing. */
export const referenceImport: ReferenceImport = {
  state: stateSchema,
  async start(connector, { texts }, { signal, checkpoint }) {
    const state = { importId: await connector.beginImport(texts, { signal }), done: 0 };
    await checkpoint(state);
    return state;
  },
  async advance(connector, { importId, done }, { signal }) {
    const counts = await connector.importPart(importId, done + 1, { signal });
    const progress = { processed: counts.done, failed: 0, total: counts.total };
    if (counts.done >= counts.total) return { done: true, progress, output: { imported: counts.done } };
    return { done: false, state: { importId, done: done + 1 }, progress, waitMs: 1_000 };
  },
  async cancel(connector, { importId }, { signal }) {
    try {
      await connector.endImport(importId, { signal });
    } catch (error) {
      // It is gone already: that is what was wished for.
      if (!isConnectorError(error) || error.code !== "NOT_FOUND") throw error;
    }
  },
};

/** The operation of an import that goes so. */
export function defineImport(longRun: ReferenceImport) {
  return defineBulkOperation({
    name: "notes.import",
    summary: "Adds many notes.",
    input: z.strictObject({ texts: z.array(z.string()).min(1) }),
    output: outputSchema,
    idempotent: false,
    longRun,
  });
}

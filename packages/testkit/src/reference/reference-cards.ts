import {
  codeOf,
  type EntitySource,
  NotFoundError,
  outcomeOfConflict,
  outcomeOfFailure,
  type RecordOutcome,
  type RecordWrite,
  type RecordWriteCall,
} from "@isthmus/core";
import type { ReferenceConnector } from "./reference-connector.js";

/** Writes one card. */
export type WriteCard = (
  connector: ReferenceConnector,
  write: RecordWrite,
  call: RecordWriteCall,
) => Promise<RecordOutcome>;

/** The vendor's cards as records. @param writeOne - Default: {@link writeCard}. */
export function createCardSource(connector: ReferenceConnector, writeOne: WriteCard = writeCard): EntitySource {
  return {
    list: async () => [],
    describe: () => Promise.reject(new NotFoundError("Nobody describes cards.")),
    async *read(_entity, _cursor, signal) {
      const cards = await connector.listCards({ signal });
      const changes = cards.map((card) => ({ id: card.id, deleted: false, record: { ...card } }));
      yield { changes, cursor: { v: 1 } };
    },
    writer: {
      batchSize: 10,
      baseOf: ({ version }) => (typeof version === "number" ? String(version) : undefined),
      async write(_entity, records, call) {
        const outcomes: RecordOutcome[] = [];
        for (const record of records) outcomes.push(await writeOne(connector, record, call));
        return outcomes;
      },
    },
  };
}

/** The vendor knows a repetition by its key, and compares versions itself. */
export async function writeCard(
  connector: ReferenceConnector,
  { key, id, record = {}, base }: RecordWrite,
  { policy, signal }: RecordWriteCall,
): Promise<RecordOutcome> {
  const version = policy === "ours" || base === undefined ? undefined : Number(base);
  const wish = { key, ...(id !== undefined && { id }), title: record.title, ...(version !== undefined && { version }) };
  try {
    const card = await connector.writeCard(wish, { signal });
    return { outcome: id === undefined ? "created" : "updated", id: card.id };
  } catch (error) {
    return codeOf(error) === "CONFLICT" ? outcomeOfConflict(policy, id) : outcomeOfFailure(error, id);
  }
}

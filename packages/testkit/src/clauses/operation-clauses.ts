import { findOperation, isBinaryContent } from "@isthmus/core";
import type { OperationExample } from "../harness.js";
import type { ClauseCheck, ClauseSubject } from "../suite/clause.js";
import { type Session, withSession } from "../suite/session.js";
import { demand, demandCode, demandEqual } from "../violation.js";

/** Clauses about operations: what they take and what they give. */
export const operationClauses = {
  "operation.unknown": {
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        const unknown = { operation: "testkit.noSuchOperation", input: session.read.input };
        const requests = await session.requestsDuring("any", async () => {
          const error = await session.failureOf(() => session.run(unknown), "An unknown operation");
          demandCode(error, ["NOT_FOUND"], "An unknown operation");
        });
        demandEqual(requests, 0, "Requests of an unknown operation");
      }),
  },

  "operation.input": {
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        for (const { operation, input } of examples(subject)) {
          const withUnknown = typeof input === "object" && input !== null ? { ...input, testkitUnknown: 1 } : { input };
          for (const wrong of [null, 42, [input], withUnknown]) {
            await demandRefused(session, { operation, input: wrong });
          }
        }
      }),
  },

  "operation.output": {
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        for (const example of examples(subject)) {
          const output = await session.successOf(() => session.run(example), example.operation);
          const operations = subject.definition.operations(session.configuration);
          const result = findOperation(operations, example.operation).output.safeParse(output);
          const where = result.error?.issues[0]?.path.map(String).join(".");
          demand(result.success, `The output of ${example.operation} does not fit its schema at "${where}".`);
          if (isBinaryContent(output)) {
            await session.successOf(() => Array.fromAsync(output.body), `The bytes of ${example.operation}`);
            continue;
          }
          const text = JSON.stringify(output);
          const same = text === undefined ? output === undefined : JSON.stringify(JSON.parse(text)) === text;
          demand(same, `The output of ${example.operation} does not survive JSON.`);
        }
      }),
  },
} as const satisfies Record<string, ClauseCheck>;

function examples({ harness }: ClauseSubject): OperationExample[] {
  return [harness.read, ...(harness.write ? [harness.write] : [])];
}

async function demandRefused(session: Session, example: OperationExample): Promise<void> {
  const what = `${example.operation} with ${JSON.stringify(example.input)}`;
  const requests = await session.requestsDuring("any", async () => {
    demandCode(await session.failureOf(() => session.run(example), what), ["VALIDATION_FAILED"], what);
  });
  demandEqual(requests, 0, `Requests of ${what}`);
}

import { isDeepStrictEqual } from "node:util";
import { findOperation, type LongRun, longRunOf, prepareStart, type RunProgress } from "@isthmus/core";
import type { ClauseCheck } from "../suite/clause.js";
import { type Session, withSession } from "../suite/session.js";
import { demand, demandEqual } from "../violation.js";

/** A look at the vendor that has no end would otherwise have a clause run for ever. */
const mostLooks = 1_000;

/** Clauses about bulk operations: that they go on, and end, by what was stored of them. */
export const bulkClauses = {
  "bulk.state": {
    requires: ["bulk"],
    run: (subject, id) =>
      withSession(subject, id, async (session) => {
        const work = openWork(session);
        const { states } = await finish(work, await begin(work), 1);
        for (const state of states) demandPlain(work, state);
      }),
  },

  "bulk.advance_repeatable": {
    requires: ["bulk"],
    async run(subject, id) {
      const ends: RunProgress[] = [];
      for (const looks of [1, 2]) {
        await withSession(subject, id, async (session) => {
          const work = openWork(session);
          const { progress, output } = await finish(work, await begin(work), looks);
          const result = findOperation(session.operations, session.bulk.operation).output.safeParse(output);
          const where = result.error?.issues[0]?.path.map(String).join(".");
          demand(result.success, `The output of ${session.bulk.operation} does not fit its schema at "${where}".`);
          ends.push(progress);
        });
      }
      const [once, twice] = ends;
      demandEqual(twice?.processed, once?.processed, "Records done when every look is taken twice");
      demandEqual(twice?.failed, once?.failed, "Records refused when every look is taken twice");
    },
  },

  "bulk.cancel_repeatable": {
    requires: ["bulk"],
    async run(subject, id) {
      const cancelTwice = async (work: Work, state: unknown, when: string) => {
        for (const time of ["the first", "the second"]) {
          await work.session.successOf(
            () => work.longRun.cancel(work.session.connector, state, work.call),
            `${time} cancel ${when}`,
          );
        }
      };
      await withSession(subject, id, async (session) => {
        const work = openWork(session);
        const states = await begin(work);
        for (const state of states) await cancelTwice(work, readAgain(work, state), "after its start");
      });
      await withSession(subject, id, async (session) => {
        const work = openWork(session);
        const { states } = await finish(work, await begin(work), 1);
        await cancelTwice(work, readAgain(work, states.at(-1)), "after its end");
      });
    },
  },
} as const satisfies Record<string, ClauseCheck>;

interface Work {
  readonly session: Session;
  readonly longRun: LongRun;
  readonly call: { readonly signal: AbortSignal };
}

function openWork(session: Session): Work {
  const longRun = longRunOf(findOperation(session.operations, session.bulk.operation));
  return { session, longRun, call: { signal: new AbortController().signal } };
}

/** Begins. @returns the states so far: those of the checkpoints, and the one that it began with. */
async function begin({ session, call }: Work): Promise<unknown[]> {
  const { operation, input, content } = session.bulk;
  const states: unknown[] = [];
  const bytes = content?.();
  const start = prepareStart(session.connector, findOperation(session.operations, operation), input, {
    ...call,
    ...(bytes && { content: bytes }),
  });
  const checkpoint = async (state: unknown) => void states.push(state);
  states.push(await session.successOf(() => start(checkpoint), `The start of ${operation}`));
  return states;
}

/** Looks until the work is done, each time by a state that was stored and read, and so many times by each. */
async function finish(work: Work, begun: readonly unknown[], looksByEach: number) {
  const { session, longRun, call } = work;
  const { operation } = session.bulk;
  const states = [...begun];
  for (let count = 0; count < mostLooks; count += 1) {
    const look = () => longRun.advance(session.connector, readAgain(work, states.at(-1)), call);
    let step = await session.successOf(look, `A look of ${operation}`);
    for (let again = 1; again < looksByEach; again += 1) {
      step = await session.successOf(look, `A look of ${operation} that was taken before`);
    }
    if (step.done) return { states, progress: step.progress, output: step.output };
    states.push(step.state);
    await session.clock.sleep(step.waitMs);
  }
  demand(false, `${operation} has not come to its end after ${mostLooks} looks.`);
}

/** A state as another process reads it. */
function readAgain({ session, longRun }: Work, state: unknown): unknown {
  const result = longRun.state.safeParse(JSON.parse(JSON.stringify(state)));
  demand(
    result.success,
    `A state of ${session.bulk.operation} does not fit its own schema once it was stored and read.`,
  );
  return result.data;
}

function demandPlain({ session }: Work, state: unknown): void {
  const isPlain = isDeepStrictEqual(JSON.parse(JSON.stringify(state)), state);
  demand(isPlain, `A state of ${session.bulk.operation} is not plain JSON: storing it loses a part of it.`);
}

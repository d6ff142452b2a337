import { expect } from "vitest";
import type { Choices } from "./choices.js";
import type { FaultBench } from "./fault-bench.js";
import type { TokenProcess } from "./start-token-process.js";
import type { FaultPoint } from "./token-process-messages.js";

/** What a round works with. */
export interface Round {
  readonly bench: FaultBench;
  /** A process that no fault befalls, shared by all rounds. */
  readonly survivor: TokenProcess;
  readonly choices: Choices;
}

/** How a connector may stand after a fault: it works, or a person is told to connect it. Nothing in between. */
export type Ending = "works" | "needs a person";

/** Lets one fault happen to the renewal of one connector, and proves that it ends as it has to. */
export type FaultRound = (round: Round) => Promise<Ending>;

/** Every fault, by what happens. */
export const faultRounds = {
  async "kill -9 before the claim"(round) {
    const { process, id } = await renewing(round, { stopAt: "before the claim", by: "operate" });
    await process.kill();
    return conclude(round, id, "works", 1);
  },

  async "kill -9 before the call"(round) {
    const { process, id } = await renewing(round, { stopAt: "before the call" });
    await process.kill();
    return conclude(round, id, "needs a person", 0);
  },

  async "kill -9 during the call"(round) {
    const { process, id, release } = await calling(round);
    await process.kill();
    release();
    return conclude(round, id, "needs a person", 1);
  },

  async "kill -9 after the answer, before the commit"(round) {
    const { process, id } = await renewing(round, { stopAt: "answered, before the commit" });
    await process.kill();
    return conclude(round, id, "needs a person", 1);
  },

  async "kill -9 after the commit"(round) {
    const { process, id } = await renewing(round, { stopAt: "after the commit" });
    await process.kill();
    return conclude(round, id, "works", 1);
  },

  async "frozen past its lease, authorised anew, woken"(round) {
    const { bench } = round;
    const { process, answer, id, release } = await calling(round);
    process.child.kill("SIGSTOP");
    await bench.endLeases();
    await ask(round, id, "RECONNECT_REQUIRED");
    await bench.authorise(id);
    const { version } = await bench.stored(id);
    release();
    process.child.kill("SIGCONT");
    await answer;
    await process.kill();
    expect((await bench.stored(id)).version).toBe(version);
    return conclude(round, id, "works", 1, toldAndTakenBack);
  },

  async "frozen past its lease, given up, woken"(round) {
    const { bench } = round;
    const { process, answer, id, release } = await calling(round);
    process.child.kill("SIGSTOP");
    await bench.endLeases();
    await ask(round, id, "RECONNECT_REQUIRED");
    release();
    process.child.kill("SIGCONT");
    await answer;
    await process.kill();
    return conclude(round, id, "works", 1, toldAndTakenBack);
  },

  async "PostgreSQL stopped between the answer and the commit, then started"(round) {
    const { bench, survivor, choices } = round;
    const { process, answer, id, release } = await calling(round);
    await bench.stopDatabase();
    release();
    await answer;
    expect(await bench.journal()).toHaveLength(1);
    await bench.startDatabase();
    // Whoever comes first: the process itself, or another one of the same machine.
    await replay(round, choices.pick([process, survivor]));
    await process.kill();
    return conclude(round, id, "works", 1);
  },

  async "PostgreSQL stopped before the commit, the process killed, both started"(round) {
    const { bench, survivor } = round;
    const { process, id, release } = await calling(round, { stopAt: "in the journal" });
    await bench.stopDatabase();
    release();
    await process.reaches("in the journal");
    await process.kill();
    await bench.startDatabase();
    const told = await perhapsAsked(round, id);
    await replay(round, survivor);
    return conclude(round, id, "works", 1, told);
  },

  async "neither the vendor nor PostgreSQL can be reached, then both"(round) {
    const { bench, survivor } = round;
    const { process, answer, id } = await renewing(round, { stopAt: "before the call" });
    await Promise.all([bench.stopDatabase(), bench.vendor.close()]);
    await process.tell({ do: "go on" });
    await answer;
    expect(await bench.journal()).toHaveLength(1);
    await Promise.all([bench.startDatabase(), bench.vendor.comeBack()]);
    await process.kill();
    const told = await perhapsAsked(round, id);
    await replay(round, survivor);
    return conclude(round, id, "works", 1, told);
  },

  async "the vendor refuses to begin for some calls"(round) {
    const { bench, choices } = round;
    const id = await bench.connector();
    bench.vendor.refuseWith = 503;
    const calls = 1 + choices.below(3);
    for (let call = 1; call <= calls; call += 1) {
      const { process, answer } = await renewing(round, { id });
      await answer;
      await process.kill();
      await bench.endPauses();
    }
    expect(bench.vendor.seen(id)).toMatchObject({ refused: calls, accepted: 0 });
    bench.vendor.refuseWith = undefined;
    return conclude(round, id, "works", 1);
  },

  async "the connection is cut after the refresh token was spent"(round) {
    const { process, answer, id, release } = await calling(round);
    round.bench.vendor.cut();
    await answer;
    release();
    await process.kill();
    return conclude(round, id, "needs a person", 1);
  },

  async "the grant is revoked at the vendor"(round) {
    const { bench } = round;
    const id = await bench.connector();
    bench.vendor.revoke(id);
    const { process, answer } = await renewing(round, { id });
    await answer;
    await process.kill();
    expect((await bench.stored(id)).tokenStatus).toBe("reconnect_required");
    return conclude(round, id, "needs a person", 0);
  },
} as const satisfies Record<string, FaultRound>;

/** The name of a fault. */
export type FaultName = keyof typeof faultRounds;

interface Renewing {
  /** Default: a new connector. */
  readonly id?: string;
  readonly stopAt?: FaultPoint;
  /** An operation that needs the token, or the worker. Default: by choice. */
  readonly by?: "operate" | "work";
}

/** A process of its own that renews a connector's token, and has come to `stopAt`, if any. */
async function renewing({ bench, choices }: Round, options: Renewing = {}) {
  const id = options.id ?? (await bench.connector());
  const process = await bench.start(options.stopAt);
  const by = options.by ?? choices.pick(["operate", "work"]);
  const answer = process.tell(by === "work" ? { do: "work" } : { do: "operate", connectorIds: [id] });
  if (options.stopAt !== undefined && options.stopAt !== "in the journal") await process.reaches(options.stopAt);
  return { process, answer, id };
}

/** {@link renewing}, come to where the vendor has spent the refresh token and holds its answer back. */
async function calling(round: Round, options: Renewing = {}) {
  const { vendor } = round.bench;
  const id = options.id ?? (await round.bench.connector());
  const released = Promise.withResolvers<void>();
  vendor.delay = (grantId) => (grantId === id ? released.promise : Promise.resolve());
  const arrived = vendor.arrival(id);
  const { process, answer } = await renewing(round, { ...options, id });
  await arrived;
  return { process, answer, id, release: released.resolve };
}

/** The survivor's operation with the connector. */
async function ask({ survivor }: Round, id: string, code: "ok" | "RECONNECT_REQUIRED"): Promise<void> {
  expect(await survivor.tell({ do: "operate", connectorIds: [id] })).toEqual([code]);
}

const toldAndTakenBack = ["connector.reconnect_required", "connector.reconnected"];

/**
 * After the lease, somebody may ask before the journal is replayed: a process of the same machine, which looks into it, or one
 * of another machine, which can only give the connection up.
 * @returns what the outside is told of it in the end.
 */
async function perhapsAsked(round: Round, id: string): Promise<readonly string[]> {
  const { bench, choices } = round;
  await bench.endLeases();
  const who = choices.pick(["nobody", "here", "elsewhere"]);
  if (who === "nobody") return [];
  if (who === "here") {
    await ask(round, id, "ok");
    return [];
  }
  const elsewhere = await bench.startElsewhere();
  expect(await elsewhere.tell({ do: "operate", connectorIds: [id] })).toEqual(["RECONNECT_REQUIRED"]);
  await elsewhere.kill();
  return toldAndTakenBack;
}

async function replay({ bench }: Round, process: TokenProcess): Promise<void> {
  expect(await process.tell({ do: "replay" })).toEqual(["0"]);
  expect(await bench.journal()).toEqual([]);
}

/** What every round ends with: asked twice, the connector stands as it has to, and no spent refresh token was ever sent. */
async function conclude(
  round: Round,
  id: string,
  ending: Ending,
  accepted: number,
  told: readonly string[] = ending === "works" ? [] : ["connector.reconnect_required"],
): Promise<Ending> {
  const { bench } = round;
  await bench.endLeases();
  await bench.endPauses();
  for (const _ of [1, 2]) await ask(round, id, ending === "works" ? "ok" : "RECONNECT_REQUIRED");
  expect(bench.vendor.seen(id)).toMatchObject({ reused: 0, accepted });
  const { tokenStatus, connectorStatus, outbox } = await bench.stored(id);
  expect(outbox).toEqual(told);
  expect(tokenStatus).toBe(ending === "works" ? "active" : "reconnect_required");
  expect(connectorStatus === "reconnect_required").toBe(ending === "needs a person");
  return ending;
}

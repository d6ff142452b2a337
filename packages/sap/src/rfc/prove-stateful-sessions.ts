import { codeOf, isConnectorError, type Logger } from "@isthmus/core";
import type { SapSessions } from "../http/sap-session.js";
import type { ModuleCaller, SessionStep } from "./module-caller.js";
import type { RfcParameters, RfcValue } from "./rfc-types.js";

/** One module and what it is given. */
export interface ProbeCall {
  readonly name: string;
  readonly parameters?: RfcParameters;
}

/** What is written and looked for, to see whether a system keeps sessions. Nothing of it stays. */
export interface StatefulSessionProbe {
  /** Changes something and does not commit, such as a BAPI that creates a record under a given key. */
  readonly write: ProbeCall;
  /** Looks for what `write` changed, also while it is not committed. */
  readonly read: ProbeCall & {
    /** The parameter that is filled when it is there. Missing: it is there when the call returns no error. */
    readonly evidence?: string;
  };
}

/** One thing that was seen. */
export interface ProofStep {
  readonly name: string;
  readonly ok: boolean;
}

/** Whether the system keeps a session over several requests, so that a commit commits what was called before. */
export interface StatefulSessionProof {
  readonly proven: boolean;
  /** In order; the first that is not `ok` is the last. */
  readonly steps: readonly ProofStep[];
}

/**
 * Tries it: writes, reads in the same session, reads in another, rolls back, reads again; then writes once more and lets the
 * session end. Only a system where the change is seen in its own session alone, up to the last request, and is gone after the
 * rollback and after the end, keeps sessions as a commit needs it.
 *
 * The caller records the outcome, as `statefulSessions: "proven"` in the connector's configuration.
 *
 * @throws whatever a call throws that says nothing of sessions: a refused logon, a dump, no connection.
 */
export async function proveStatefulSessions(
  caller: ModuleCaller,
  sessions: SapSessions,
  probe: StatefulSessionProbe,
  logger: Logger,
  signal?: AbortSignal,
): Promise<StatefulSessionProof> {
  const options = signal && { signal };
  const session = await sessions.open(signal);
  const atItsStart: SessionStep = { http: session.http, place: "first" };
  const inside: SessionStep = { http: session.http, place: "next" };
  const atItsEnd: SessionStep = { http: session.http, place: "last" };
  const isThere = (step?: SessionStep) => look(caller, probe, step, signal);
  const write = async () => {
    await caller.call(probe.write.name, probe.write.parameters ?? {}, { ...options }, inside);
    return true;
  };
  const rollBack = async () => {
    await caller.call("BAPI_TRANSACTION_ROLLBACK", {}, { ...options }, inside);
    return true;
  };
  const plan: readonly (readonly [string, () => Promise<boolean>])[] = [
    ["not there before", async () => !(await isThere(atItsStart))],
    ["written", write],
    // Only a session that the system names can be told from one that it lost, when it comes to a commit.
    ["there in the same session", async () => session.contextId() !== undefined && (await isThere(inside))],
    ["not there in another session", async () => !(await isThere())],
    ["rolled back", rollBack],
    ["gone after the rollback", async () => !(await isThere(inside))],
    // A commit is the last request of its session, so that one has to be in it too.
    ["written again", write],
    ["there in the last request of the session", () => isThere(atItsEnd)],
    ["gone with the session", async () => !(await isThere())],
  ];
  const steps: ProofStep[] = [];
  try {
    for (const [name, step] of plan) {
      const ok = await step();
      steps.push({ name, ok });
      if (!ok) break;
    }
  } finally {
    await session.close().catch((error: unknown) => {
      logger.warn({ code: codeOf(error) }, "The SAP session of the check could not be ended.");
    });
  }
  return { proven: steps.length === plan.length && steps.every(({ ok }) => ok), steps };
}

async function look(
  caller: ModuleCaller,
  { read }: StatefulSessionProbe,
  step: SessionStep | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const options = { idempotent: true, ...(signal && { signal }) };
    const { values } = await caller.call(read.name, read.parameters ?? {}, options, step);
    return read.evidence === undefined || isFilled(values[read.evidence]);
  } catch (error) {
    // "Does not exist" in RETURN. Any other failure says nothing of whether it is there.
    if (isConnectorError(error) && error.code === "VENDOR_REJECTED" && error.vendor?.messages) return false;
    throw error;
  }
}

function isFilled(value: RfcValue | undefined): boolean {
  if (value === undefined || value === null || value === "" || value === 0) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object") return Object.values(value).some(isFilled);
  // A key or a number that nobody filled.
  return typeof value !== "string" || !/^0+$/.test(value);
}

import { ConnectorError, type LongRun, type SealContext, type Vault } from "@isthmus/core";
import { z } from "zod";
import type { OperationRunRow } from "../repositories/index.js";

/** Where the sealed state or output of a run lives: the value opens there and nowhere else. */
export function runWorkPlace(tenantId: string, runId: string): SealContext {
  return { tenantId, table: "operation_runs", recordId: runId, field: "work" };
}

/** Which run. */
type RunPlace = Pick<OperationRunRow, "tenantId" | "id">;

// Both stand in one column: the words say which of them it is.
const stateSchema = z.strictObject({ state: z.unknown() });
const outputSchema = z.strictObject({ output: z.unknown() });

/**
 * Ids of some ten thousand jobs. A package that kept records in there would fill the database, and read and seal all of them
 * with each look.
 */
const mostCharacters = 1024 * 1024;

/** A connector's state as it is stored. @throws {ConnectorError} `INTERNAL` when it is no small one, or none at all. */
export function sealState(vault: Vault, place: RunPlace, state: unknown): Promise<object> {
  return seal(vault, place, { state });
}

/** A result as it is stored. Throws as {@link sealState}. */
export function sealOutput(vault: Vault, place: RunPlace, output: unknown): Promise<object> {
  return seal(vault, place, { output });
}

async function seal(vault: Vault, { tenantId, id }: RunPlace, work: object): Promise<object> {
  const [[what, value] = []] = Object.entries(work);
  const length = JSON.stringify(value)?.length;
  if (length !== undefined && length <= mostCharacters) return vault.seal(work, runWorkPlace(tenantId, id));
  const problem = length === undefined ? "is nothing that can be stored" : `has more than ${mostCharacters} characters`;
  throw new ConnectorError("INTERNAL", `The ${what} that the connector package gives of a run ${problem}.`);
}

/**
 * The state of a run that has not ended, as its connector wants it.
 *
 * @throws {ConnectorError} `INTERNAL` when the installed package cannot read it.
 */
export async function openState(vault: Vault, { state: schema }: LongRun, run: OperationRunRow): Promise<unknown> {
  const { state } = stateSchema.parse(await vault.open(run.work, runWorkPlace(run.tenantId, run.id)));
  const proven = schema.safeParse(state);
  if (proven.success) return proven.data;
  throw new ConnectorError(
    "INTERNAL",
    `The installed connector package cannot read the state of this run of ${run.operation}: another version wrote it.`,
  );
}

/** The result of a run that has succeeded; `undefined` where it has none, or the run has not. */
export async function openOutput(vault: Vault, run: OperationRunRow): Promise<unknown> {
  if (run.status !== "succeeded" || run.work === null) return undefined;
  return outputSchema.parse(await vault.open(run.work, runWorkPlace(run.tenantId, run.id))).output;
}

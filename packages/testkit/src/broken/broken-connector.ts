import type { ConnectorDefinition, CreateContext } from "@isthmus/core";
import type { ContractHarness } from "../harness.js";
import type { ReferenceConfiguration, ReferenceConnector } from "../reference/reference-connector.js";
import { referenceDefinition } from "../reference/reference-definition.js";
import { referenceHarness } from "../reference/reference-harness.js";
import type { ClauseId } from "../suite/contract.js";

/** The reference connector with one mistake in it, and the clause that is there to catch that mistake. */
export interface BrokenConnector {
  /** The clause that has to catch it. */
  readonly breaks: ClauseId;
  /** What it does wrong, as a sentence without a subject: "sends a write again when its answer was cut". */
  readonly mistake: string;
  /** The reference definition with the mistake in it. */
  readonly definition: ConnectorDefinition;
  /** Whose scheme the mistake is about. */
  readonly harness: ContractHarness;
}

/** What a reference connector is made from. */
export type ReferenceContext = CreateContext<unknown, ReferenceConfiguration>;

/** The reference definition's type. */
export type ReferenceDefinition = ConnectorDefinition<ReferenceConfiguration, ReferenceConnector>;

/** A broken connector whose definition differs from the reference in `changes`. */
export function brokenBy(
  breaks: ClauseId,
  mistake: string,
  changes: Partial<ReferenceDefinition>,
  harness: ContractHarness = referenceHarness,
): BrokenConnector {
  return { breaks, mistake, definition: { ...referenceDefinition, ...changes }, harness };
}

/** A broken connector whose class is another one. */
export function brokenClass(
  breaks: ClauseId,
  mistake: string,
  Broken: new (context: ReferenceContext) => ReferenceConnector,
  harness?: ContractHarness,
): BrokenConnector {
  return brokenBy(breaks, mistake, { create: (context) => new Broken(context) }, harness);
}

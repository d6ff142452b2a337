import type { ConnectorDefinition } from "@isthmus/core";
import type { Capability } from "../capability.js";
import type { Evidence } from "../evidence/evidence.js";
import type { ContractHarness } from "../harness.js";
import type { ClauseId } from "./contract.js";

/** What a clause is run on. */
export interface ClauseSubject {
  /** The connector. */
  readonly definition: ConnectorDefinition;
  /** Its vendor's stand-in. */
  readonly harness: ContractHarness;
  /** Grows with every clause of a suite; the clauses about secrets search it. */
  readonly evidence: Evidence;
}

/** How a clause is checked. */
export interface ClauseCheck {
  /** Without one of these, the clause does not apply. Default: applies to every connector. */
  readonly requires?: readonly Capability[];
  /** The clause applies only to connectors that lack this. */
  readonly requiresLack?: Capability;
  /** @throws {ContractViolation} when the connector breaks the clause. */
  run(subject: ClauseSubject, id: ClauseId): Promise<void>;
}

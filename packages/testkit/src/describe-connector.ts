import type { ConnectorDefinition } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { Evidence } from "./evidence/evidence.js";
import type { ContractHarness, StandIn } from "./harness.js";
import { gapsOf } from "./suite/capabilities.js";
import { applicableClauses, checkClause } from "./suite/clauses.js";
import { clauseIds, contract } from "./suite/contract.js";

/** Milliseconds of real time for one clause. Most need a fraction of a second; a machine may be busy. */
const clauseTimeoutMs = 60_000;

/**
 * Runs the connector contract as a vitest suite: one test for each clause that applies, named by its sentence and its
 * id. Call it at the top level of a test file.
 *
 * Every clause gets a stand-in of its own from the harness. The last clauses search everything that was said in the
 * whole suite for secrets.
 */
export function describeConnector<Running extends StandIn>(
  definition: ConnectorDefinition,
  harness: ContractHarness<Running>,
): void {
  const subject = { definition, harness, evidence: new Evidence() };
  const applicable = applicableClauses(definition, harness);
  const others = clauseIds.filter((id) => !applicable.includes(id));
  describe(`the connector contract: ${definition.type} with ${harness.authenticationMethod}`, () => {
    const lacks = harness.without?.length ? ` without ${harness.without.join(", ")}` : "";
    const notRun = others.length ? `; not: ${others.join(", ")}` : "";
    it(`has ${applicable.length} of ${clauseIds.length} clauses${lacks}${notRun}`, () => {
      expect(gapsOf(definition, harness)).toEqual([]);
    });
    for (const id of applicable) {
      it(`${contract[id]} [${id}]`, () => checkClause(id, subject), clauseTimeoutMs);
    }
  });
}

import type { ConnectorDefinition } from "@isthmus/core";
import { authUrlClauses } from "../clauses/auth-url-clauses.js";
import { bulkClauses } from "../clauses/bulk-clauses.js";
import { callbackClauses } from "../clauses/callback-clauses.js";
import { conductClauses } from "../clauses/conduct-clauses.js";
import { connectionClauses } from "../clauses/connection-clauses.js";
import { credentialsClauses } from "../clauses/credentials-clauses.js";
import { definitionClauses } from "../clauses/definition-clauses.js";
import { operationClauses } from "../clauses/operation-clauses.js";
import { resilienceClauses } from "../clauses/resilience-clauses.js";
import { tokenClauses } from "../clauses/token-clauses.js";
import { writerClauses } from "../clauses/writer-clauses.js";
import type { ContractHarness } from "../harness.js";
import { capabilitiesOf } from "./capabilities.js";
import type { ClauseCheck, ClauseSubject } from "./clause.js";
import { type ClauseId, clauseIds } from "./contract.js";

const checks: Record<ClauseId, ClauseCheck> = {
  ...definitionClauses,
  ...credentialsClauses,
  ...authUrlClauses,
  ...callbackClauses,
  ...tokenClauses,
  ...resilienceClauses,
  ...operationClauses,
  ...bulkClauses,
  ...writerClauses,
  ...connectionClauses,
  ...conductClauses,
};

/** The clauses that apply to a connector with this harness, in the order of the contract. */
export function applicableClauses(definition: ConnectorDefinition, harness: ContractHarness): ClauseId[] {
  const has = capabilitiesOf(definition, harness);
  return clauseIds.filter((id) => {
    const { requires = [], requiresLack } = checks[id];
    return requires.every((capability) => has.has(capability)) && (!requiresLack || !has.has(requiresLack));
  });
}

/**
 * Checks one clause.
 *
 * @throws {ContractViolation} when the connector breaks it. Anything else that is thrown is a defect of the harness.
 */
export async function checkClause(id: ClauseId, subject: ClauseSubject): Promise<void> {
  await checks[id].run(subject, id);
}

import { type ConnectorError, type ConnectorErrorCode, isConnectorError } from "@isthmus/core";

/** A connector broke a clause of the contract. The message says what was expected and what happened. */
export class ContractViolation extends Error {
  override readonly name = "ContractViolation";
}

/** @throws {ContractViolation} with `message` unless `condition` holds. */
export function demand(condition: unknown, message: string): asserts condition {
  if (!condition) throw new ContractViolation(message);
}

/** @throws {ContractViolation} unless both are the same. */
export function demandEqual(actual: unknown, expected: unknown, what: string): void {
  demand(Object.is(actual, expected), `${what}: expected ${String(expected)}, found ${String(actual)}.`);
}

/** The error's code where it is a ConnectorError; otherwise its name, in words for a message. */
export function nameOf(error: unknown): string {
  if (isConnectorError(error)) return error.code;
  return error instanceof Error ? `${error.name}, which is no ConnectorError` : `a thrown ${typeof error}`;
}

/** @throws {ContractViolation} unless `error` is a ConnectorError with one of the codes. */
export function demandCode(error: unknown, codes: readonly ConnectorErrorCode[], what: string): ConnectorError {
  demand(isConnectorError(error), `${what}: expected ${codes.join(" or ")}, found ${nameOf(error)}.`);
  demand(codes.includes(error.code), `${what}: expected ${codes.join(" or ")}, found ${error.code}.`);
  return error;
}

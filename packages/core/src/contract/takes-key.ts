import type { Operation } from "./operation.js";

/**
 * Whether the vendor knows a repetition of a call with this input by its key: see `Operation.takesIdempotencyKey`.
 *
 * @param input - As it came; one that does not fit is never repeated.
 */
export function takesKey(operation: Operation, input: unknown): boolean {
  if (operation.takesIdempotencyKey !== true) return false;
  if (operation.takesKeyWith === undefined) return true;
  const proven = operation.input.safeParse(input);
  return proven.success && operation.takesKeyWith(proven.data);
}

import { ConnectorError } from "@isthmus/core";
import type { CallPriority } from "../budgets/priorities.js";
import { recordTest } from "../connectors/record-test.js";
import type { ConnectorRow, EntityState } from "../repositories/index.js";
import type { Services } from "../services.js";

/**
 * Asks the vendor whose account a connector leads to, where that may have changed since it was asked last: other credentials or
 * another address may lead to another one, and the records of two would stand side by side.
 *
 * @returns the connector as it is then.
 * @throws {ConnectorError} with the code of the check that failed, where records of an account are there and the vendor does not say
 *   whether it is still the one.
 */
export async function proveAccount(
  services: Services,
  row: ConnectorRow,
  { accountId }: EntityState,
  { signal, priority }: { readonly signal: AbortSignal; readonly priority: CallPriority },
): Promise<ConnectorRow> {
  if (row.accountVersion === row.version) return row;
  const test = await services.pool.use(row, (connector) => connector.testConnection(signal), undefined, priority);
  const failed = test.checks.find(({ ok }) => !ok);
  if (test.account === undefined && failed) {
    // The run is tried again and again, and says so itself: nothing is written down of what says nothing.
    if (accountId === null) return row;
    const code = failed.code ?? "UNEXPECTED_RESPONSE";
    const message = `The connector was changed, and the vendor does not say whose account it leads to now: ${failed.detail}`;
    // A refused logon is not sent again at once: some vendors lock the user.
    throw new ConnectorError(code, message, { retryable: code !== "AUTHENTICATION_FAILED" });
  }
  return (await recordTest(services, row, test)) ?? row;
}

import type { FunctionModule } from "./function-module.js";
import { callAndCommit } from "./modules/call-and-commit.js";
import { rfcPing, stfcConnection, stfcStructure } from "./modules/connection-modules.js";
import { bapiSalesOrderCreateFromDat2, salesOrderCreateAndCommit } from "./modules/create-sales-order.js";
import { bapiCustomerGetDetail2 } from "./modules/customer-modules.js";
import { bapiSalesOrderGetList } from "./modules/list-sales-orders.js";
import { rfcReadTable } from "./modules/read-table.js";
import { bapiTransactionCommit, bapiTransactionRollback } from "./modules/transaction-modules.js";

const delivered = [
  rfcPing,
  stfcConnection,
  stfcStructure,
  rfcReadTable,
  bapiSalesOrderCreateFromDat2,
  bapiSalesOrderGetList,
  bapiCustomerGetDetail2,
  bapiTransactionCommit,
  bapiTransactionRollback,
  salesOrderCreateAndCommit,
];

const byName = new Map<string, FunctionModule>(delivered.map((module) => [module.name, module]));

/**
 * A function module by its name.
 *
 * @param commitWrapper - What the customer's wrapper is called; `""`: there is none, and none that commits on its own.
 */
export function findFunctionModule(name: string, commitWrapper: string): FunctionModule | undefined {
  if (commitWrapper === "" && name === salesOrderCreateAndCommit.name) return undefined;
  if (commitWrapper !== "" && name === commitWrapper) return callAndCommit(commitWrapper, byName);
  return byName.get(name);
}

/** Every function module, in the order of their names. */
export function listFunctionModules(commitWrapper: string): readonly FunctionModule[] {
  const names = [...byName.keys(), commitWrapper].filter((name) => name !== "").sort();
  return names.flatMap((name) => findFunctionModule(name, commitWrapper) ?? []);
}

import type { FunctionModule } from "./function-module.js";
import { callAndCommit } from "./modules/call-and-commit.js";
import { rfcPing, rfcSystemInfo, stfcConnection, stfcStructure } from "./modules/connection-modules.js";
import { bapiSalesOrderCreateFromDat2, salesOrderCreateAndCommit } from "./modules/create-sales-order.js";
import { bapiCustomerGetDetail2 } from "./modules/customer-modules.js";
import { echoTypes } from "./modules/echo-types.js";
import { bapiSalesOrderGetList } from "./modules/list-sales-orders.js";
import { rfcReadTable } from "./modules/read-table.js";
import { bapiTransactionCommit, bapiTransactionRollback } from "./modules/transaction-modules.js";
import type { RfcSettings } from "./rfc-settings.js";

const delivered: readonly FunctionModule[] = [
  rfcPing,
  rfcSystemInfo,
  echoTypes,
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

/** The function modules of a system, by name. */
export class FunctionLibrary {
  readonly #modules: ReadonlyMap<string, FunctionModule>;
  readonly #settings: Pick<RfcSettings, "commitWrapper">;

  /** @param more - Modules beside those of this room. */
  constructor(settings: Pick<RfcSettings, "commitWrapper">, more: readonly FunctionModule[]) {
    this.#settings = settings;
    this.#modules = new Map([...delivered, ...more].map((module) => [module.name, module]));
  }

  /** Without a name for the customer's wrapper, no module commits on its own. */
  find(name: string): FunctionModule | undefined {
    const { commitWrapper } = this.#settings;
    if (commitWrapper === "" && name === salesOrderCreateAndCommit.name) return undefined;
    if (commitWrapper !== "" && name === commitWrapper) return callAndCommit(commitWrapper, this.#modules);
    return this.#modules.get(name);
  }

  /** Every module, in the order of their names. */
  list(): readonly FunctionModule[] {
    const names = [...this.#modules.keys(), this.#settings.commitWrapper].filter((name) => name !== "").sort();
    return names.flatMap((name) => this.find(name) ?? []);
  }
}

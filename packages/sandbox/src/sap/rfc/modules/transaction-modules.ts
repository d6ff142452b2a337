import { char } from "../abap-types.js";
import { bapiret2 } from "../bapi-messages.js";
import type { FunctionCall, FunctionModule } from "../function-module.js";

/** COMMIT WORK of the session: what waits goes into the database. A session in which nothing waits commits nothing, without a word. */
export const bapiTransactionCommit: FunctionModule = {
  name: "BAPI_TRANSACTION_COMMIT",
  parameters: [
    { name: "WAIT", direction: "importing", type: char(1) },
    { name: "RETURN", direction: "exporting", type: bapiret2 },
  ],
  exceptions: [],
  run: commitWork,
};

/** ROLLBACK WORK of the session. */
export const bapiTransactionRollback: FunctionModule = {
  name: "BAPI_TRANSACTION_ROLLBACK",
  parameters: [{ name: "RETURN", direction: "exporting", type: bapiret2 }],
  exceptions: [],
  run: (call) => {
    call.session.pendingOrders = [];
  },
};

/** Writes what the session has not committed. */
export function commitWork(call: FunctionCall): void {
  for (const order of call.session.pendingOrders) call.parts.business.salesOrders.add(order);
  call.session.pendingOrders = [];
}

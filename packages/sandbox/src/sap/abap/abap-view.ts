import type { BusinessData } from "../business-data.js";
import type { SapState } from "../state.js";
import { listCustomers, saveCustomer } from "./customer-table.js";
import { listMaterials, saveMaterial } from "./material-table.js";
import { addOrder, listOrders } from "./order-tables.js";

/** The state's records as tables; nothing is copied, so both sides stay one. */
export function createAbapView(state: SapState): BusinessData {
  return {
    customers: {
      find: (number) => listCustomers(state).find(({ KUNNR }) => KUNNR === number),
      list: () => listCustomers(state),
      save: (row) => saveCustomer(state, row),
    },
    materials: {
      find: (number) => listMaterials(state).find(({ MATNR }) => MATNR === number),
      list: () => listMaterials(state),
      save: (row) => saveMaterial(state, row),
    },
    salesOrders: {
      nextNumber: () => state.numberRanges.take("salesOrder"),
      find: (number) => listOrders(state).find(({ header }) => header.VBELN === number),
      list: () => listOrders(state),
      add: (order) => addOrder(state, order),
    },
  };
}

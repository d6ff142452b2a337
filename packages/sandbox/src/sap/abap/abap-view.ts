import type { SapState } from "../state.js";
import { listCustomers, saveCustomer } from "./customer-table.js";
import { listMaterials, saveMaterial } from "./material-table.js";
import { addOrder, listOrders, type OrderTables } from "./order-tables.js";

/** A row of a database table: text by field name, in ABAP's own form (dates `YYYYMMDD`, numbers plain, flags `X`). */
export type AbapRow = Readonly<Record<string, string>>;

/** Master data that is found by its number, with its leading zeros. */
export interface AbapMasterData {
  find(number: string): AbapRow | undefined;
  list(): readonly AbapRow[];
  /** Adds a row, or merges its fields into the one of the same number. */
  save(row: AbapRow): void;
}

/** The records as tables: what function modules and IDocs read and change is what OData shows. */
export interface AbapView {
  /** KNA1 by `KUNNR`, with the address of the partner. */
  customers: AbapMasterData;
  /** MARA by `MATNR`, with `MAKTX`, `NETPR` and `WAERS`. */
  materials: AbapMasterData;
  /** VBAK and VBAP: committed orders. */
  salesOrders: {
    nextNumber(): string;
    find(number: string): OrderTables | undefined;
    list(): readonly OrderTables[];
    add(order: OrderTables): void;
  };
}

/** The state's records as tables; nothing is copied, so both sides stay one. */
export function createAbapView(state: SapState): AbapView {
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

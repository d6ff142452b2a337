import type { AbapRow, BusinessData, MasterData, SalesOrder, SalesOrders } from "../../src/sap/business-data.js";

/** A customer, a blocked one, two materials and no order. */
export function createMemoryBusiness(): BusinessData {
  return {
    customers: memoryMasterData("KUNNR", customers),
    materials: memoryMasterData("MATNR", materials),
    salesOrders: memoryOrders(),
  };
}

const customers: readonly AbapRow[] = [
  {
    KUNNR: "0000001000",
    NAME1: "Müller & Söhne <Nord>",
    ORT01: "Bremen",
    PSTLZ: "01099",
    STRAS: "Am Wall 7",
    LAND1: "DE",
    SPRAS: "D",
    KTOKD: "0001",
    ERDAT: "20200131",
  },
  { KUNNR: "0000002000", NAME1: "Blocked Ltd", ORT01: "Leeds", LAND1: "GB", SPRAS: "E", AUFSD: "01" },
];

const materials: readonly AbapRow[] = [
  {
    MATNR: "FG-100",
    MAKTX: "Pump",
    MTART: "FERT",
    MEINS: "ST",
    NETPR: "99.95",
    WAERS: "EUR",
    BRGEW: "12.500",
    NTGEW: "-0.125",
    ERSDA: "00000000",
  },
  { MATNR: "000000000000000042", MAKTX: "Bolt", MTART: "ROH", MEINS: "ST", NETPR: "0.10", WAERS: "EUR" },
];

function memoryMasterData(key: string, seed: readonly AbapRow[]): MasterData {
  const rows = new Map(seed.map((row) => [row[key] ?? "", row]));
  return {
    find: (number) => rows.get(number),
    list: () => [...rows.values()],
    save: (row) => void rows.set(row[key] ?? "", { ...rows.get(row[key] ?? ""), ...row }),
  };
}

function memoryOrders(): SalesOrders {
  const orders = new Map<string, SalesOrder>();
  let last = 14_999;
  return {
    nextNumber: () => {
      last += 1;
      return String(last).padStart(10, "0");
    },
    find: (number) => orders.get(number),
    list: () => [...orders.values()],
    add: (order) => void orders.set(order.header.VBELN ?? "", order),
  };
}

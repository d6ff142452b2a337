import type { AbapRow, SalesOrder } from "../business-data.js";
import { char, dats, decimal, numc, tims } from "./abap-types.js";
import type { DatabaseField, DatabaseTable, RfcSystem } from "./rfc-system.js";

/** One column. */
export const column = (name: string, type: DatabaseField["type"], text: string): DatabaseField => ({
  name,
  type,
  text,
});

const mandt = column("MANDT", char(3), "Client");

const kna1 = [
  mandt,
  column("KUNNR", char(10), "Customer Number"),
  column("LAND1", char(3), "Country Key"),
  column("NAME1", char(35), "Name 1"),
  column("NAME2", char(35), "Name 2"),
  column("ORT01", char(35), "City"),
  column("PSTLZ", char(10), "Postal Code"),
  column("REGIO", char(3), "Region (State, Province, County)"),
  column("STRAS", char(35), "House number and street"),
  column("TELF1", char(16), "First telephone number"),
  column("TELFX", char(31), "Fax Number"),
  column("AUFSD", char(2), "Central order block for customer"),
  column("ERDAT", dats, "Date on which the Record Was Created"),
  column("ERNAM", char(12), "Name of Person who Created the Object"),
  column("KTOKD", char(4), "Customer Account Group"),
  column("LOEVM", char(1), "Central Deletion Flag for Master Record"),
  column("SPRAS", char(1), "Language Key"),
  column("STCEG", char(20), "VAT Registration Number"),
];

const mara = [
  mandt,
  column("MATNR", char(40), "Material Number"),
  column("ERSDA", dats, "Created On"),
  column("ERNAM", char(12), "Name of Person who Created the Object"),
  column("MTART", char(4), "Material Type"),
  column("MBRSH", char(1), "Industry sector"),
  column("MATKL", char(9), "Material Group"),
  column("MEINS", char(3), "Base Unit of Measure"),
  column("BRGEW", decimal(13, 3), "Gross Weight"),
  column("NTGEW", decimal(13, 3), "Net Weight"),
  column("GEWEI", char(3), "Weight Unit"),
];

const vbak = [
  mandt,
  column("VBELN", char(10), "Sales Document"),
  column("ERDAT", dats, "Date on which the record was created"),
  column("ERZET", tims, "Entry time"),
  column("ERNAM", char(12), "Name of Person who Created the Object"),
  column("AUDAT", dats, "Document Date (Date Received/Sent)"),
  column("AUART", char(4), "Sales Document Type"),
  column("NETWR", decimal(15, 2), "Net Value of the Sales Order in Document Currency"),
  column("WAERK", char(5), "SD document currency"),
  column("VKORG", char(4), "Sales Organization"),
  column("VTWEG", char(2), "Distribution Channel"),
  column("SPART", char(2), "Division"),
  column("VDATU", dats, "Requested delivery date"),
  column("BSTNK", char(20), "Customer purchase order number"),
  column("KUNNR", char(10), "Sold-to party"),
];

const vbap = [
  mandt,
  column("VBELN", char(10), "Sales Document"),
  column("POSNR", numc(6), "Sales Document Item"),
  column("MATNR", char(40), "Material Number"),
  column("ARKTX", char(40), "Short text for sales order item"),
  column("KWMENG", decimal(15, 3), "Cumulative Order Quantity in Sales Units"),
  column("VRKME", char(3), "Sales unit"),
  column("NETPR", decimal(11, 2), "Net price"),
  column("NETWR", decimal(15, 2), "Net value of the order item in document currency"),
  column("WERKS", char(4), "Plant (Own or External)"),
];

/**
 * The tables that RFC_READ_TABLE finds, by name.
 *
 * @param orders - The sales orders that the reading session sees.
 */
export function databaseTables(parts: RfcSystem, orders: readonly SalesOrder[]): ReadonlyMap<string, DatabaseTable> {
  const { customers, materials } = parts.business;
  const own: DatabaseTable[] = [
    { name: "KNA1", fields: kna1, rows: () => customers.list() },
    { name: "MARA", fields: mara, rows: () => materials.list() },
    {
      name: "VBAK",
      fields: vbak,
      rows: () => orders.map(({ header }) => ({ ...header, BSTNK: (header.BSTNK ?? "").slice(0, 20) })),
    },
    { name: "VBAP", fields: vbap, rows: () => orders.flatMap(itemRows) },
  ];
  return new Map([...own, ...parts.tables()].map((table) => [table.name, table]));
}

function itemRows({ header, items }: SalesOrder): AbapRow[] {
  return items.map((item) => ({ ...item, VBELN: header.VBELN ?? "" }));
}

import type { AbapRow, BusinessData, SalesOrder } from "../business-data.js";
import type { IdocSegment } from "./idoc-document.js";

/**
 * The segments that tell of a record, as change pointers make them: a material for MATMAS05, a customer for DEBMAS07, a sales order
 * for ORDERS05.
 *
 * @param key - With its leading zeros.
 * @throws {RangeError} when there is no such record.
 */
export function segmentsOfRecord(type: string, key: string, business: BusinessData): IdocSegment[] {
  switch (type) {
    case "MATMAS05":
      return [materialSegment(found(business.materials.find(key), type, key))];
    case "DEBMAS07":
      return [customerSegment(found(business.customers.find(key), type, key))];
    case "ORDERS05":
      return orderSegments(found(business.salesOrders.find(key), type, key));
    default:
      throw new RangeError(`Nothing is known to make a ${type} of.`);
  }
}

function found<Value>(record: Value | undefined, type: string, key: string): Value {
  if (record === undefined) throw new RangeError(`There is no ${key} to make a ${type} of.`);
  return record;
}

function materialSegment(material: AbapRow): IdocSegment {
  const names = ["MATNR", "MTART", "MBRSH", "MATKL", "MEINS", "BRGEW", "NTGEW", "GEWEI"];
  const text = segment("E1MAKTM", { MSGFN: "005", SPRAS: "E", MAKTX: material.MAKTX ?? "", SPRAS_ISO: "EN" });
  return segment("E1MARAM", { MSGFN: "005", ...filled(material, names) }, [text]);
}

function customerSegment(customer: AbapRow): IdocSegment {
  const names = [
    ...["KUNNR", "AUFSD", "KTOKD", "LAND1", "LOEVM", "NAME1", "NAME2"],
    ...["ORT01", "PSTLZ", "REGIO", "SPRAS", "STRAS", "TELF1", "TELFX"],
  ];
  return segment("E1KNA1M", { MSGFN: "005", ...filled(customer, names) });
}

function orderSegments({ header, items }: SalesOrder): IdocSegment[] {
  const of = (name: string): string => header[name] ?? "";
  const organization = { "012": of("AUART"), "008": of("VKORG"), "007": of("VTWEG"), "006": of("SPART") };
  return [
    segment("E1EDK01", filled({ CURCY: of("WAERK"), BELNR: of("VBELN") }, ["CURCY", "BELNR"])),
    ...Object.entries(organization).map(([QUALF, ORGID]) => segment("E1EDK14", { QUALF, ORGID })),
    segment("E1EDK03", { IDDAT: "012", DATUM: of("AUDAT") }),
    segment("E1EDK03", { IDDAT: "002", DATUM: of("VDATU") }),
    segment("E1EDKA1", { PARVW: "AG", PARTN: of("KUNNR") }),
    segment("E1EDK02", { QUALF: "001", BELNR: of("BSTNK") }),
    ...items.map(itemSegment),
    segment("E1EDS01", { SUMID: "002", SUMME: of("NETWR"), WAERQ: of("WAERK") }),
  ];
}

function itemSegment(item: AbapRow): IdocSegment {
  const of = (name: string): string => item[name] ?? "";
  const fields = {
    POSEX: of("POSNR"),
    MENGE: of("KWMENG"),
    MENEE: of("VRKME"),
    VPREI: of("NETPR"),
    NETWR: of("NETWR"),
  };
  const material = segment("E1EDP19", { QUALF: "002", IDTNR: of("MATNR"), KTEXT: of("ARKTX") });
  return segment("E1EDP01", fields, [material]);
}

function segment(name: string, fields: AbapRow, children: readonly IdocSegment[] = []): IdocSegment {
  return { name, fields, children };
}

function filled(row: AbapRow, names: readonly string[]): AbapRow {
  return Object.fromEntries(names.flatMap((name) => (row[name] ? [[name, row[name]]] : [])));
}

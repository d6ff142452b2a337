import { char, dats, decimal, numc } from "../abap-types.js";
import type { AbapStructure } from "../function-module.js";

// The fields that the sandbox understands, by the names and types of SAP's structures; SAP's are longer (BAPISDHD1 has 130).

/** ORDER_HEADER_IN. */
export const bapisdhd1: AbapStructure = {
  name: "BAPISDHD1",
  fields: [
    ["REFOBJTYPE", char(10)],
    ["REFOBJKEY", char(70)],
    ["DOC_TYPE", char(4)],
    ["COLLECT_NO", char(10)],
    ["SALES_ORG", char(4)],
    ["DISTR_CHAN", char(2)],
    ["DIVISION", char(2)],
    ["SALES_GRP", char(3)],
    ["SALES_OFF", char(4)],
    ["REQ_DATE_H", dats],
    ["DATE_TYPE", char(1)],
    ["PURCH_DATE", dats],
    ["PO_METHOD", char(4)],
    ["REF_1", char(12)],
    ["NAME", char(35)],
    ["INCOTERMS1", char(3)],
    ["INCOTERMS2", char(28)],
    ["PMNTTRMS", char(4)],
    ["DLV_BLOCK", char(2)],
    ["BILL_BLOCK", char(2)],
    ["ORD_REASON", char(3)],
    ["PRICE_DATE", dats],
    ["PURCH_NO_C", char(35)],
    ["DOC_DATE", dats],
    ["EXCHG_RATE", decimal(9, 5)],
    ["ADD_VAL_DY", numc(2)],
    ["CURRENCY", char(5)],
  ],
};

/** ORDER_ITEMS_IN. */
export const bapisditm: AbapStructure = {
  name: "BAPISDITM",
  fields: [
    ["ITM_NUMBER", numc(6)],
    ["HG_LV_ITEM", numc(6)],
    ["PO_ITM_NO", char(6)],
    ["MATERIAL", char(18)],
    ["CUST_MAT35", char(35)],
    ["PLANT", char(4)],
    ["STORE_LOC", char(4)],
    ["TARGET_QTY", decimal(13, 3)],
    ["TARGET_QU", char(3)],
    ["SALES_UNIT", char(3)],
    ["ITEM_CATEG", char(4)],
    ["SHORT_TEXT", char(40)],
    ["MATERIAL_LONG", char(40)],
  ],
};

/** ORDER_PARTNERS. */
export const bapiparnr: AbapStructure = {
  name: "BAPIPARNR",
  fields: [
    ["PARTN_ROLE", char(2)],
    ["PARTN_NUMB", char(10)],
    ["ITM_NUMBER", numc(6)],
    ["NAME", char(35)],
    ["STREET", char(35)],
    ["COUNTRY", char(3)],
    ["POSTL_CODE", char(10)],
    ["CITY", char(35)],
  ],
};

/** ORDER_SCHEDULES_IN. */
export const bapischdl: AbapStructure = {
  name: "BAPISCHDL",
  fields: [
    ["ITM_NUMBER", numc(6)],
    ["SCHED_LINE", numc(4)],
    ["REQ_DATE", dats],
    ["REQ_QTY", decimal(13, 3)],
  ],
};

/** ORDER_TEXT. */
export const bapisdtext: AbapStructure = {
  name: "BAPISDTEXT",
  fields: [
    ["DOC_NUMBER", char(10)],
    ["ITM_NUMBER", numc(6)],
    ["TEXT_ID", char(4)],
    ["LANGU", char(1)],
    ["FORMAT_COL", char(2)],
    ["TEXT_LINE", char(132)],
  ],
};

/** EXTENSIONIN. */
export const bapiparex: AbapStructure = {
  name: "BAPIPAREX",
  fields: [
    ["STRUCTURE", char(30)],
    ["VALUEPART1", char(240)],
    ["VALUEPART2", char(240)],
    ["VALUEPART3", char(240)],
    ["VALUEPART4", char(240)],
  ],
};

/** SALES_ORDERS of BAPI_SALESORDER_GETLIST: one row an item. */
export const bapiorders: AbapStructure = {
  name: "BAPIORDERS",
  fields: [
    ["SD_DOC", char(10)],
    ["ITM_NUMBER", numc(6)],
    ["MATERIAL", char(18)],
    ["SHORT_TEXT", char(40)],
    ["DOC_TYPE", char(4)],
    ["DOC_DATE", dats],
    ["REQ_QTY", decimal(15, 3)],
    ["REQ_DATE", dats],
    ["PURCH_NO", char(20)],
    ["BATCH", char(10)],
    ["DIVISION", char(2)],
    ["SALES_ORG", char(4)],
    ["DISTR_CHAN", char(2)],
    ["SOLD_TO", char(10)],
    ["NET_PRICE", decimal(23, 4)],
    ["NET_VALUE", decimal(23, 4)],
    ["CURRENCY", char(5)],
    ["SALES_UNIT", char(3)],
    ["CREATION_DATE", dats],
    ["EXCHG_RATE_V", decimal(9, 5)],
    ["PURCH_NO_C", char(35)],
    ["MATERIAL_LONG", char(40)],
  ],
};

import type { AbapRow, SalesOrder } from "../../business-data.js";
import { char, dats } from "../abap-types.js";
import { bapireturn, toBapireturn } from "../bapi-messages.js";
import type { FunctionCall, FunctionModule } from "../function-module.js";
import { bapiorders } from "./sales-structures.js";

/**
 * The items of a customer's sales orders; RETURN is a structure of the oldest kind.
 *
 * @see https://github.com/SAP/fundamental-tools (api/salesOrder/bapi_salesorder_getlist.js) for the interface
 */
export const bapiSalesOrderGetList: FunctionModule = {
  name: "BAPI_SALESORDER_GETLIST",
  parameters: [
    { name: "CUSTOMER_NUMBER", direction: "importing", type: char(10) },
    { name: "SALES_ORGANIZATION", direction: "importing", type: char(4) },
    { name: "MATERIAL", direction: "importing", type: char(18) },
    { name: "DOCUMENT_DATE", direction: "importing", type: dats },
    { name: "DOCUMENT_DATE_TO", direction: "importing", type: dats },
    { name: "PURCHASE_ORDER", direction: "importing", type: char(20) },
    { name: "TRANSACTION_GROUP", direction: "importing", type: char(1) },
    { name: "PURCHASE_ORDER_NUMBER", direction: "importing", type: char(35) },
    { name: "MATERIAL_LONG", direction: "importing", type: char(40) },
    { name: "RETURN", direction: "exporting", type: bapireturn },
    { name: "SALES_ORDERS", direction: "tables", type: bapiorders, optional: false },
  ],
  exceptions: [],
  run: (call) => {
    const found = visibleOrders(call).filter((order) => matches(call, order));
    const rows = found.flatMap((order) => order.items.map((item) => toRow(order.header, item)));
    const material = call.value("MATERIAL") || call.value("MATERIAL_LONG");
    const wanted = material === "" ? rows : rows.filter(({ MATERIAL_LONG }) => MATERIAL_LONG === material);
    call.setRows("SALES_ORDERS", wanted);
    if (wanted.length > 0) return;
    const text = "No sales documents were found for the selection criteria";
    call.setStructure("RETURN", toBapireturn({ type: "W", id: "VZ", number: "007", text }));
  },
};

/** The orders that a session's database reads see. */
export function visibleOrders(call: FunctionCall): readonly SalesOrder[] {
  const { business, settings } = call.parts;
  const committed = business.salesOrders.list();
  return settings.sessionReadsUncommitted ? [...committed, ...call.session.pendingOrders] : committed;
}

function matches(call: FunctionCall, { header }: SalesOrder): boolean {
  const from = call.value("DOCUMENT_DATE");
  const to = call.value("DOCUMENT_DATE_TO");
  const date = header.AUDAT ?? "";
  const purchaseOrder = call.value("PURCHASE_ORDER_NUMBER") || call.value("PURCHASE_ORDER");
  return (
    isOrEmpty(call.value("CUSTOMER_NUMBER"), header.KUNNR) &&
    isOrEmpty(call.value("SALES_ORGANIZATION"), header.VKORG) &&
    isOrEmpty(purchaseOrder, header.BSTNK) &&
    (from === "00000000" || date >= from) &&
    (to === "00000000" || date <= to)
  );
}

function isOrEmpty(wanted: string, held: string | undefined): boolean {
  return wanted === "" || wanted === held;
}

function toRow(header: AbapRow, item: AbapRow): AbapRow {
  const fourPlaces = (amount: string | undefined): string => `${amount ?? "0.00"}00`;
  return {
    SD_DOC: header.VBELN ?? "",
    ITM_NUMBER: item.POSNR ?? "",
    MATERIAL: (item.MATNR ?? "").slice(0, 18),
    SHORT_TEXT: item.ARKTX ?? "",
    DOC_TYPE: header.AUART ?? "",
    DOC_DATE: header.AUDAT ?? "",
    REQ_QTY: item.KWMENG ?? "",
    REQ_DATE: header.VDATU ?? "",
    PURCH_NO: (header.BSTNK ?? "").slice(0, 20),
    DIVISION: header.SPART ?? "",
    SALES_ORG: header.VKORG ?? "",
    DISTR_CHAN: header.VTWEG ?? "",
    SOLD_TO: header.KUNNR ?? "",
    NET_PRICE: fourPlaces(item.NETPR),
    NET_VALUE: fourPlaces(item.NETWR),
    CURRENCY: header.WAERK ?? "",
    SALES_UNIT: item.VRKME ?? "",
    CREATION_DATE: header.ERDAT ?? "",
    PURCH_NO_C: header.BSTNK ?? "",
    MATERIAL_LONG: item.MATNR ?? "",
  };
}

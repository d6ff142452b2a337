import type { AbapRow } from "../../business-data.js";
import type { OrderItemRequest, OrderRequest } from "../../sales/order-request.js";
import { placeOrder } from "../../sales/place-order.js";
import { char } from "../abap-types.js";
import { type BapiMessage, bapiret2, isFailure, toBapiret2 } from "../bapi-messages.js";
import type { FunctionCall, FunctionModule } from "../function-module.js";
import { RfcSystemError } from "../rfc-errors.js";
import {
  bapicond,
  bapiparex,
  bapiparnr,
  bapiSender,
  bapischdl,
  bapischdlx,
  bapisdhd1,
  bapisdhd1x,
  bapisditm,
  bapisditmx,
  bapisdls,
  bapisdtext,
} from "./sales-structures.js";
import { commitWork } from "./transaction-modules.js";

/** Creates a sales order in the session. It is in the database only after BAPI_TRANSACTION_COMMIT in the same session. */
export const bapiSalesOrderCreateFromDat2: FunctionModule = {
  name: "BAPI_SALESORDER_CREATEFROMDAT2",
  parameters: [
    { name: "SALESDOCUMENTIN", direction: "importing", type: char(10) },
    { name: "ORDER_HEADER_IN", direction: "importing", type: bapisdhd1, optional: false },
    { name: "ORDER_HEADER_INX", direction: "importing", type: bapisdhd1x },
    { name: "SENDER", direction: "importing", type: bapiSender },
    { name: "BINARY_RELATIONSHIPTYPE", direction: "importing", type: char(4) },
    { name: "LOGIC_SWITCH", direction: "importing", type: bapisdls },
    { name: "BEHAVE_WHEN_ERROR", direction: "importing", type: char(1) },
    { name: "INT_NUMBER_ASSIGNMENT", direction: "importing", type: char(1) },
    { name: "TESTRUN", direction: "importing", type: char(1) },
    { name: "CONVERT", direction: "importing", type: char(1) },
    { name: "SALESDOCUMENT", direction: "exporting", type: char(10) },
    { name: "RETURN", direction: "tables", type: bapiret2 },
    { name: "ORDER_ITEMS_IN", direction: "tables", type: bapisditm },
    { name: "ORDER_ITEMS_INX", direction: "tables", type: bapisditmx },
    { name: "ORDER_PARTNERS", direction: "tables", type: bapiparnr, optional: false },
    { name: "ORDER_SCHEDULES_IN", direction: "tables", type: bapischdl },
    { name: "ORDER_SCHEDULES_INX", direction: "tables", type: bapischdlx },
    { name: "ORDER_CONDITIONS_IN", direction: "tables", type: bapicond },
    { name: "ORDER_TEXT", direction: "tables", type: bapisdtext },
    { name: "EXTENSIONIN", direction: "tables", type: bapiparex },
  ],
  exceptions: [],
  run: (call) => void createOrder(call),
};

/**
 * A customer's own function module: the interface of BAPI_SALESORDER_CREATEFROMDAT2, and a commit at its end unless RETURN has an
 * error. Such modules are written where the BAPI and its commit cannot be called in one session.
 */
export const salesOrderCreateAndCommit: FunctionModule = {
  ...bapiSalesOrderCreateFromDat2,
  name: "Z_ISTHMUS_SALESORDER_CREATE",
  run: (call) => {
    const messages = createOrder(call);
    if (isFailure(messages)) call.session.pendingOrders = [];
    else commitWork(call);
  },
};

function createOrder(call: FunctionCall): readonly BapiMessage[] {
  const testRun = call.value("TESTRUN") === "X";
  const { business, clock, systemId, client } = call.parts;
  const context = { now: clock(), user: call.session.user.name, testRun };
  const { messages, order } = placeOrder(readRequest(call), business, context);
  if (order !== undefined && !testRun) {
    if (call.session.pendingOrders.length >= 1_000)
      throw new RfcSystemError("SYSTEM_FAILURE", "No roll storage space left");
    call.session.pendingOrders.push(order);
    call.setValue("SALESDOCUMENT", order.header.VBELN ?? "");
  }
  call.setRows(
    "RETURN",
    messages.map((message) => toBapiret2(message, `${systemId}CLNT${client}`)),
  );
  return messages;
}

function readRequest(call: FunctionCall): OrderRequest {
  const header = call.structure("ORDER_HEADER_IN");
  // The BAPI takes the keys of partner functions and document types as the tables hold them, in German; CONVERT takes them as an
  // English user knows them. Numbers it never converts: they come with their leading zeros.
  const convert = call.value("CONVERT") === "X";
  const soldTo = call.rows("ORDER_PARTNERS").find(({ PARTN_ROLE }) => PARTN_ROLE === (convert ? "SP" : "AG"));
  return {
    docType: convert && header.DOC_TYPE === "OR" ? "TA" : (header.DOC_TYPE ?? ""),
    salesOrganization: header.SALES_ORG ?? "",
    distributionChannel: header.DISTR_CHAN ?? "",
    division: header.DIVISION ?? "",
    purchaseOrder: header.PURCH_NO_C ?? "",
    requestedDate: header.REQ_DATE_H ?? "",
    documentDate: header.DOC_DATE ?? "",
    currency: header.CURRENCY ?? "",
    soldTo: soldTo?.PARTN_NUMB ?? "",
    items: call.rows("ORDER_ITEMS_IN").map((item) => readItem(item, call.rows("ORDER_SCHEDULES_IN"))),
  };
}

function readItem(item: AbapRow, schedules: readonly AbapRow[]): OrderItemRequest {
  const line = schedules.find(({ ITM_NUMBER, REQ_QTY }) => ITM_NUMBER === item.ITM_NUMBER && Number(REQ_QTY) > 0);
  return {
    position: item.ITM_NUMBER ?? "",
    material: item.MATERIAL_LONG || item.MATERIAL || "",
    quantity: line?.REQ_QTY ?? item.TARGET_QTY ?? "0.000",
    unit: item.SALES_UNIT || item.TARGET_QU || "",
    plant: item.PLANT ?? "",
  };
}

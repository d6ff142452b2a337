import { type AbapRow, abapDate, abapTime, type BusinessData, type SalesOrder } from "../business-data.js";
import type { BapiMessage } from "../rfc/bapi-messages.js";
import { addDecimals, multiplyDecimals } from "./decimals.js";

/** An order as somebody asks for it, in ABAP's own form. */
export interface OrderRequest {
  /** `AUART`, such as `TA` (Standard Order). */
  docType: string;
  salesOrganization: string;
  distributionChannel: string;
  division: string;
  /** The customer's own number, 35 characters. */
  purchaseOrder: string;
  /** `YYYYMMDD`; `00000000` where nobody asked for a day. */
  requestedDate: string;
  /** `YYYYMMDD`; `00000000`: today. */
  documentDate: string;
  /** `""`: the materials'. */
  currency: string;
  /** With leading zeros; `""` when there is no such partner. */
  soldTo: string;
  items: readonly OrderItemRequest[];
}

/** One item of it. */
export interface OrderItemRequest {
  /** Six digits; `000000`: the next ten. */
  position: string;
  material: string;
  /** With three decimals. */
  quantity: string;
  /** `""`: the material's. */
  unit: string;
  plant: string;
}

/** What came of a request. */
export interface PlacedOrder {
  /** In SAP's order: the first error is not the first message. */
  messages: readonly BapiMessage[];
  /** `undefined` where a message is an error. */
  order: SalesOrder | undefined;
}

const docTypes: Readonly<Record<string, string>> = {
  TA: "Standard Order",
  OR: "Standard Order",
  RE: "Returns",
  CR: "Credit Memo Request",
};

/**
 * Checks a request as a sales order and makes the order, without writing it.
 *
 * @param names - What the interface calls header and items, for the messages.
 * @param testRun - Whether no number is drawn.
 */
export function placeOrder(
  request: OrderRequest,
  business: BusinessData,
  context: { now: number; user: string; testRun: boolean },
): PlacedOrder {
  const header = checkHeader(request, business);
  const items = header.some(({ type }) => type === "E") ? [] : checkItems(request, business);
  const messages = [...header, ...items];
  const failed = messages.some(({ type }) => type === "E");
  if (failed) {
    const text = "Sales document  was not changed";
    return { messages: [...messages, { type: "E", id: "V4", number: "219", text }], order: undefined };
  }
  const order = makeOrder(request, business, context);
  if (context.testRun) return { messages, order };
  const name = docTypes[request.docType] ?? request.docType;
  const number = order.header.VBELN ?? "";
  const shown = number.replace(/^0+/, "");
  const saved = {
    type: "S",
    id: "V1",
    number: "311",
    text: `${name} ${shown} has been saved`,
    variables: [name, shown],
  };
  return { messages: [...messages, saved], order };
}

function checkHeader(request: OrderRequest, business: BusinessData): BapiMessage[] {
  const parameter = "SALES_HEADER_IN";
  const processed = success("SALES_HEADER_IN", "VBAKKOM");
  if (docTypes[request.docType] === undefined) {
    const text = `Sales document type ${request.docType} is not defined`;
    const error = { type: "E", id: "V1", number: "312", text, variables: [request.docType], parameter };
    return [errorIn("SALES_HEADER_IN", "000000"), error];
  }
  const area = [request.salesOrganization, request.distributionChannel, request.division];
  if (area.includes("")) {
    const text = `Sales area ${area.join(" ")} is not defined`;
    return [
      errorIn("SALES_HEADER_IN", "000000"),
      { type: "E", id: "V1", number: "316", text, variables: area, parameter },
    ];
  }
  if (request.soldTo === "") {
    const text = "Please enter sold-to party or ship-to party";
    return [processed, { type: "E", id: "V1", number: "384", text, parameter: "ORDER_PARTNERS" }];
  }
  const customer = business.customers.find(request.soldTo);
  if (customer === undefined) {
    const text = `Sold-to party ${request.soldTo} not maintained for sales area ${area.join(" ")}`;
    const variables = [request.soldTo, ...area];
    return [processed, { type: "E", id: "VP", number: "112", text, variables, parameter: "ORDER_PARTNERS" }];
  }
  if ((customer.AUFSD ?? "") === "") return [processed];
  const text = `Customer ${request.soldTo} is blocked for order processing`;
  return [processed, { type: "E", id: "V1", number: "156", text, variables: [request.soldTo] }];
}

function checkItems(request: OrderRequest, business: BusinessData): BapiMessage[] {
  return request.items.flatMap((item, index) => {
    const position = positionOf(item, index);
    const place = { parameter: "SALES_ITEM_IN", row: index + 1 };
    if (business.materials.find(item.material) === undefined) {
      const area = [request.salesOrganization, request.distributionChannel];
      const text = `Material ${item.material} is not defined for sales org.${area[0]}, distrib.chan.${area[1]}, language EN`;
      const variables = [item.material, ...area, "EN"];
      return [
        errorIn("SALES_ITEM_IN", position),
        { type: "E", id: "V1", number: "302", text, variables, ...place, field: "MATERIAL" },
      ];
    }
    const done = success("SALES_ITEM_IN", "VBAPKOM", index + 1);
    if (Number(item.quantity) > 0) return [done];
    return [done, { type: "W", id: "V1", number: "402", text: `Item ${position} has no quantity`, ...place }];
  });
}

function makeOrder(
  request: OrderRequest,
  business: BusinessData,
  context: { now: number; user: string; testRun: boolean },
): SalesOrder {
  const today = abapDate(context.now);
  const or = (given: string, otherwise: string): string => (/^0*$/.test(given) ? otherwise : given);
  const items = request.items.map((item, index) => makeItem(item, index, business));
  const currency = request.currency || business.materials.find(request.items[0]?.material ?? "")?.WAERS || "EUR";
  return {
    header: {
      VBELN: context.testRun ? "" : business.salesOrders.nextNumber(),
      AUART: request.docType,
      VKORG: request.salesOrganization,
      VTWEG: request.distributionChannel,
      SPART: request.division,
      KUNNR: request.soldTo,
      BSTNK: request.purchaseOrder,
      AUDAT: or(request.documentDate, today),
      VDATU: or(request.requestedDate, today),
      ERDAT: today,
      ERZET: abapTime(context.now),
      ERNAM: context.user,
      WAERK: currency,
      NETWR: addDecimals(
        items.map(({ NETWR = "0" }) => NETWR),
        2,
      ),
    },
    items,
  };
}

function makeItem(item: OrderItemRequest, index: number, business: BusinessData): AbapRow {
  const material = business.materials.find(item.material) ?? {};
  const price = material.NETPR ?? "0.00";
  return {
    POSNR: positionOf(item, index),
    MATNR: item.material,
    ARKTX: material.MAKTX ?? "",
    KWMENG: item.quantity,
    VRKME: item.unit || (material.MEINS ?? ""),
    WERKS: item.plant,
    NETPR: price,
    NETWR: multiplyDecimals(item.quantity, price, 2),
  };
}

function positionOf(item: OrderItemRequest, index: number): string {
  return Number(item.position) > 0 ? item.position : String((index + 1) * 10).padStart(6, "0");
}

function success(parameter: string, structure: string, row = 0): BapiMessage {
  const text = `${parameter} has been processed successfully`;
  return { type: "S", id: "V4", number: "233", text, variables: [structure], parameter, row };
}

function errorIn(parameter: string, position: string): BapiMessage {
  const text = `Error in ${parameter} ${position}`;
  return { type: "E", id: "V4", number: "248", text, variables: [parameter, position], parameter };
}

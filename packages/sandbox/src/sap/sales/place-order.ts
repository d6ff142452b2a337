import { type AbapRow, abapDate, abapTime, type BusinessData, type SalesOrder } from "../business-data.js";
import type { BapiMessage } from "../rfc/bapi-messages.js";
import { checkOrder } from "./check-order.js";
import { addDecimals, multiplyDecimals } from "./decimals.js";
import { docTypes, type OrderItemRequest, type OrderRequest, positionOf } from "./order-request.js";

/** What came of a request. */
export interface PlacedOrder {
  /** In SAP's order: the first error is not the first message. */
  messages: readonly BapiMessage[];
  /** `undefined` where a message is an error. */
  order: SalesOrder | undefined;
}

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
  const messages = checkOrder(request, business);
  const failed = messages.some(({ type }) => type === "E");
  if (failed) {
    const text = "Sales document  was not changed";
    return { messages: [...messages, { type: "E", id: "V4", number: "219", text }], order: undefined };
  }
  const order = makeOrder(request, business, context);
  if (context.testRun) return { messages, order };
  const name = docTypes.get(request.docType) ?? request.docType;
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

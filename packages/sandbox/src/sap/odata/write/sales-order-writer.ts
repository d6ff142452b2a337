import { formatDecimal, isDecimal, multiply, parseDecimal } from "../../money.js";
import { padNumber, stripZeros } from "../../number-ranges.js";
import type { SalesOrder, SalesOrderItem } from "../../records.js";
import type { SapState } from "../../state.js";
import { ODataFailure, type ODataMessage } from "../failure.js";
import type { Row } from "../rows.js";
import { messageOf, refuseFor } from "./messages.js";
import type { Payload } from "./payload.js";
import { type EntityWriter, nextInstant, textOf, today, type WriteContext } from "./writer.js";

/** Creates an order with its items; its number comes from the system. */
function create({ values, nested }: Payload, context: WriteContext): Row {
  const { state } = context;
  const number = state.numberRanges.take("salesOrder");
  const items = (nested.to_Item ?? nested._Item ?? []).map(({ values: item }) => item);
  const problems: ODataMessage[] = [];
  const order: SalesOrder = {
    SalesOrder: number,
    SalesOrderType: textOf(values, "SalesOrderType") || "OR",
    SalesOrganization: textOf(values, "SalesOrganization") || "1010",
    DistributionChannel: textOf(values, "DistributionChannel") || "10",
    OrganizationDivision: textOf(values, "OrganizationDivision") || "00",
    SoldToParty: padNumber(textOf(values, "SoldToParty"), 10),
    PurchaseOrderByCustomer: textOf(values, "PurchaseOrderByCustomer"),
    SalesOrderDate: textOf(values, "SalesOrderDate") || today(state),
    RequestedDeliveryDate: textOf(values, "RequestedDeliveryDate") || null,
    TransactionCurrency: textOf(values, "TransactionCurrency") || "EUR",
    TotalNetAmount: "0.00",
    CustomerPaymentTerms: textOf(values, "CustomerPaymentTerms") || "0001",
    OverallSDProcessStatus: "A",
    SalesDocApprovalStatus: "",
    DeliveryBlockReason: textOf(values, "DeliveryBlockReason"),
    headerText: (nested.to_Text ?? nested._Text ?? []).map(({ values: text }) => textOf(text, "LongText")).join("\n"),
    CreatedByUser: context.user,
    CreationDate: today(state),
    LastChangeDateTime: nextInstant(state),
    items: [],
  };
  checkHeader(order, context, problems);
  for (const item of items) order.items.push(toItem(item, order, context, problems));
  if (problems.length > 0) throw refuseFor(problems);
  const total = totalOf(order);
  state.salesOrders.create({
    ...order,
    TotalNetAmount: total,
    // Orders from 100 000 on are approved first.
    SalesDocApprovalStatus: parseDecimal(total, 2) >= 10_000_000n ? "A" : "",
  });
  return { SalesOrder: stripZeros(number) };
}

function checkHeader(order: SalesOrder, context: WriteContext, problems: ODataMessage[]): void {
  const customer = context.state.customers.read(order.SoldToParty);
  const area = [order.SalesOrganization, order.DistributionChannel, order.OrganizationDivision];
  const refuse = (code: string, values: string[], target: string): void =>
    void problems.push(messageOf(context, code, "error", values, target));
  if (!["OR", "TA", "RE", "CR"].includes(order.SalesOrderType))
    refuse("V1/313", [order.SalesOrderType], "SalesOrderType");
  if (customer === undefined || area.join() !== "1010,10,00") {
    refuse("V1/384", [stripZeros(order.SoldToParty), ...area], "SoldToParty");
  } else if (customer.OrderIsBlockedForCustomer !== "") {
    refuse("V1/104", [stripZeros(order.SoldToParty)], "SoldToParty");
  }
}

function toItem(values: Row, order: SalesOrder, context: WriteContext, problems: ODataMessage[]): SalesOrderItem {
  const highest = order.items.reduce((most, { SalesOrderItem: number }) => Math.max(most, Number(number)), 0);
  const number = textOf(values, "SalesOrderItem") || String(highest + 10);
  const refuse = (code: string, texts: string[], target: string): void =>
    void problems.push(messageOf(context, code, "error", texts, target));
  const material = context.state.materials.read(textOf(values, "Material"));
  if (material === undefined) {
    refuse("V1/302", [textOf(values, "Material"), order.SalesOrganization, order.DistributionChannel], "Material");
  }
  const quantity = textOf(values, "RequestedQuantity") || "0";
  if (!isDecimal(quantity) || parseDecimal(quantity, 3) <= 0n) refuse("V1/425", [number], "RequestedQuantity");
  if (order.items.some((item) => Number(item.SalesOrderItem) === Number(number))) {
    refuse("V1/331", [number], "SalesOrderItem");
  }
  const net = multiply(quantity, material?.netPrice ?? "0");
  if (problems.length === 0 && parseDecimal(net, 2) === 0n) {
    context.messages.push(messageOf(context, "V1/360", "warning", [stripZeros(number)], "NetAmount"));
  }
  return {
    SalesOrderItem: padNumber(number, 6),
    Material: material?.Material ?? "",
    SalesOrderItemText:
      textOf(values, "SalesOrderItemText") || (material?.texts[context.language === "D" ? "DE" : "EN"] ?? ""),
    RequestedQuantity: formatDecimal(parseDecimal(quantity, 3), 3),
    RequestedQuantityUnit: textOf(values, "RequestedQuantityUnit") || (material?.BaseUnit ?? ""),
    NetAmount: net,
    TransactionCurrency: order.TransactionCurrency,
    Plant: textOf(values, "ProductionPlant") || "1010",
    SalesDocumentRjcnReason: "",
  };
}

/** Rules of `A_SalesOrder` and its v4 twin. */
export const salesOrderWriter: EntityWriter = {
  create,
  update(keys, values, context) {
    const order = readOrder(keys, context.state);
    const merged = { ...order, ...values, SalesOrder: order.SalesOrder };
    const problems: ODataMessage[] = [];
    const changed: SalesOrder = { ...merged, SoldToParty: padNumber(merged.SoldToParty, 10) };
    checkHeader(changed, context, problems);
    if (problems.length > 0) throw refuseFor(problems);
    save(context.state, order, changed);
  },
  remove(keys, { state }) {
    state.salesOrders.remove(readOrder(keys, state).SalesOrder);
  },
};

/** Rules of the items. */
export const salesOrderItemWriter: EntityWriter = {
  create({ values }, context) {
    const order = readOrder(values, context.state);
    const problems: ODataMessage[] = [];
    const item = toItem(values, order, context, problems);
    if (problems.length > 0) throw refuseFor(problems);
    save(context.state, order, { items: [...order.items, item] });
    return { SalesOrder: stripZeros(order.SalesOrder), SalesOrderItem: stripZeros(item.SalesOrderItem) };
  },
  update(keys, values, context) {
    const order = readOrder(keys, context.state);
    const problems: ODataMessage[] = [];
    const others = order.items.filter((item) => !isItem(item, keys));
    const items = order.items.map((item) => {
      if (!isItem(item, keys)) return item;
      const next = toItem(
        { ...item, ProductionPlant: item.Plant, ...values },
        { ...order, items: others },
        context,
        problems,
      );
      return {
        ...next,
        SalesDocumentRjcnReason: textOf(values, "SalesDocumentRjcnReason") || item.SalesDocumentRjcnReason,
      };
    });
    if (problems.length > 0) throw refuseFor(problems);
    save(context.state, order, { items });
  },
  remove(keys, { state }) {
    const order = readOrder(keys, state);
    save(state, order, { items: order.items.filter((item) => !isItem(item, keys)) });
  },
};

/** Rules of the header's long text: an order has one here. */
export const salesOrderTextWriter: EntityWriter = {
  create({ values }, { state }) {
    const order = readOrder(values, state);
    save(state, order, { headerText: textOf(values, "LongText") });
    return { SalesOrder: stripZeros(order.SalesOrder), Language: "EN", LongTextID: "0001" };
  },
  update(keys, values, { state }) {
    const order = readOrder(keys, state);
    save(state, order, { headerText: textOf(values, "LongText") });
  },
  remove(keys, { state }) {
    save(state, readOrder(keys, state), { headerText: "" });
  },
};

/** Ends the approval of an order: B releases, C rejects. @throws {ODataFailure} when it is not in approval. */
export function decideApproval(keys: Row, status: "B" | "C", context: WriteContext): void {
  const order = readOrder(keys, context.state);
  if (order.SalesDocApprovalStatus !== "A") {
    throw refuseFor([messageOf(context, "SD_APM/012", "error", [stripZeros(order.SalesOrder)], "SalesOrder")]);
  }
  save(context.state, order, { SalesDocApprovalStatus: status });
}

function readOrder(keys: Row, state: SapState): SalesOrder {
  const order = state.salesOrders.read(padNumber(textOf(keys, "SalesOrder"), 10));
  if (order === undefined)
    throw new ODataFailure(404, "V1/001", `Sales document ${textOf(keys, "SalesOrder")} does not exist`);
  return order;
}

function save(state: SapState, order: SalesOrder, changes: Partial<SalesOrder>): void {
  const changed = { ...order, ...changes };
  state.salesOrders.change(order.SalesOrder, {
    ...changed,
    TotalNetAmount: totalOf(changed),
    LastChangeDateTime: nextInstant(state, order.LastChangeDateTime),
  });
}

function totalOf({ items }: SalesOrder): string {
  return formatDecimal(
    items.reduce((sum, { NetAmount }) => sum + parseDecimal(NetAmount, 2), 0n),
    2,
  );
}

function isItem(item: SalesOrderItem, keys: Row): boolean {
  return stripZeros(item.SalesOrderItem) === stripZeros(textOf(keys, "SalesOrderItem"));
}

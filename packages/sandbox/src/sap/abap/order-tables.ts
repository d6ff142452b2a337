import { formatDecimal, parseDecimal } from "../money.js";
import { padNumber } from "../number-ranges.js";
import type { SalesOrder, SalesOrderItem } from "../records.js";
import type { SapState } from "../state.js";
import {
  fromAbapDate,
  fromAbapDocumentType,
  fromAbapUnit,
  toAbapDate,
  toAbapDocumentType,
  toAbapUnit,
} from "./abap-values.js";

type Row = Readonly<Record<string, string>>;

/** A sales order as tables VBAK and VBAP hold it. */
export interface OrderTables {
  readonly header: Row;
  readonly items: readonly Row[];
}

/** All orders, in the order of their creation. */
export function listOrders(state: SapState): OrderTables[] {
  return state.salesOrders.list().map((order) => ({ header: toHeader(order), items: order.items.map(toItem) }));
}

/** Makes an order as it is; whoever adds it has checked it. */
export function addOrder(state: SapState, { header, items }: OrderTables): void {
  const of = (name: string): string => header[name] ?? "";
  const now = new Date(state.clock()).toISOString();
  const today = now.slice(0, 10);
  state.salesOrders.create({
    SalesOrder: padNumber(of("VBELN"), 10),
    SalesOrderType: fromAbapDocumentType(of("AUART")),
    SalesOrganization: of("VKORG"),
    DistributionChannel: of("VTWEG"),
    OrganizationDivision: of("SPART"),
    SoldToParty: padNumber(of("KUNNR"), 10),
    PurchaseOrderByCustomer: of("BSTNK"),
    SalesOrderDate: fromAbapDate(header.AUDAT) ?? today,
    RequestedDeliveryDate: fromAbapDate(header.VDATU),
    TransactionCurrency: of("WAERK"),
    TotalNetAmount: of("NETWR") || "0.00",
    CustomerPaymentTerms: "0001",
    OverallSDProcessStatus: "A",
    SalesDocApprovalStatus: "",
    DeliveryBlockReason: "",
    headerText: "",
    CreatedByUser: of("ERNAM"),
    CreationDate: fromAbapDate(header.ERDAT) ?? today,
    LastChangeDateTime: now,
    items: items.map((item) => fromItem(item, of("WAERK"))),
  });
}

function toHeader(order: SalesOrder): Row {
  return {
    VBELN: order.SalesOrder,
    AUART: toAbapDocumentType(order.SalesOrderType),
    VKORG: order.SalesOrganization,
    VTWEG: order.DistributionChannel,
    SPART: order.OrganizationDivision,
    KUNNR: order.SoldToParty,
    BSTNK: order.PurchaseOrderByCustomer,
    AUDAT: toAbapDate(order.SalesOrderDate),
    VDATU: toAbapDate(order.RequestedDeliveryDate),
    ERDAT: toAbapDate(order.CreationDate),
    ERZET: order.LastChangeDateTime.slice(11, 19).replaceAll(":", ""),
    ERNAM: order.CreatedByUser,
    WAERK: order.TransactionCurrency,
    NETWR: order.TotalNetAmount,
  };
}

function toItem(item: SalesOrderItem): Row {
  const quantity = parseDecimal(item.RequestedQuantity, 3);
  const price = quantity === 0n ? 0n : (parseDecimal(item.NetAmount, 2) * 1000n + quantity / 2n) / quantity;
  return {
    POSNR: item.SalesOrderItem,
    MATNR: item.Material,
    ARKTX: item.SalesOrderItemText,
    KWMENG: item.RequestedQuantity,
    VRKME: toAbapUnit(item.RequestedQuantityUnit),
    NETPR: formatDecimal(price, 2),
    NETWR: item.NetAmount,
    WERKS: item.Plant,
  };
}

function fromItem(item: Row, currency: string): SalesOrderItem {
  return {
    SalesOrderItem: padNumber(item.POSNR ?? "", 6),
    Material: item.MATNR ?? "",
    SalesOrderItemText: item.ARKTX ?? "",
    RequestedQuantity: item.KWMENG ?? "0.000",
    RequestedQuantityUnit: fromAbapUnit(item.VRKME ?? ""),
    NetAmount: item.NETWR ?? "0.00",
    TransactionCurrency: currency,
    Plant: item.WERKS ?? "",
    SalesDocumentRjcnReason: "",
  };
}

import { formatDecimal, parseDecimal } from "../money.js";
import { stripZeros } from "../number-ranges.js";
import type { BusinessPartner, SalesOrder } from "../records.js";
import type { SapState } from "../state.js";

/** A property's value inside: decimals and Int64 as text, days `YYYY-MM-DD`, instants ISO 8601, times `HH:MM:SS`. */
export type EdmValue = string | number | boolean | null;

/** An entity as the services see it, by property name. */
export type Row = Record<string, EdmValue>;

const builders: Readonly<Record<string, (state: SapState) => Row[]>> = {
  A_BusinessPartnerType: (state) => state.businessPartners.list().map(toBusinessPartnerRow),
  A_BusinessPartnerAddressType: toAddressRows,
  A_CustomerType: toCustomerRows,
  A_SalesOrderType: (state) => state.salesOrders.list().map(toOrderRow),
  A_SalesOrderItemType: (state) => state.salesOrders.list().flatMap(toItemRows),
  A_SalesOrderTextType: (state) => state.salesOrders.list().flatMap(toTextRows),
  SalesOrder_Type: (state) => state.salesOrders.list().map(toOrderRow),
  SalesOrderItem_Type: (state) => state.salesOrders.list().flatMap(toItemRows),
  SalesOrderText_Type: (state) => state.salesOrders.list().flatMap(toTextRows),
};

/** All entities of a type, in the order in which they were created. @throws {Error} when the type has no rows here. */
export function rowsOf(state: SapState, type: string): Row[] {
  const build = builders[type];
  if (build === undefined) throw new Error(`Nothing builds rows of ${type}.`);
  return build(state);
}

/** The name of a business partner, as documents print it. */
export function nameOf(partner: BusinessPartner): string {
  const parts =
    partner.BusinessPartnerCategory === "1"
      ? [partner.FirstName, partner.LastName]
      : [partner.OrganizationBPName1, partner.OrganizationBPName2];
  return parts.filter((part) => part !== "").join(" ");
}

function toBusinessPartnerRow(partner: BusinessPartner): Row {
  return {
    ...partner,
    BusinessPartner: stripZeros(partner.BusinessPartner),
    Customer: stripZeros(partner.Customer),
    BusinessPartnerFullName: nameOf(partner),
    BusinessPartnerName: nameOf(partner),
    CreationTime: "08:30:00",
  };
}

function toAddressRows(state: SapState): Row[] {
  return state.addresses.list().map((address) => {
    const partner = state.businessPartners.read(address.BusinessPartner);
    return {
      ...address,
      BusinessPartner: stripZeros(address.BusinessPartner),
      AddressID: stripZeros(address.AddressID),
      FullName: partner === undefined ? "" : nameOf(partner),
    };
  });
}

function toCustomerRows(state: SapState): Row[] {
  const orders = Map.groupBy(state.salesOrders.list(), ({ SoldToParty }) => SoldToParty);
  return state.customers.list().map(({ fields: _fields, ...customer }) => {
    const own = orders.get(customer.Customer) ?? [];
    const volume = own.reduce((sum, order) => sum + parseDecimal(order.TotalNetAmount, 3), 0n);
    return {
      ...customer,
      Customer: stripZeros(customer.Customer),
      CustomerFullName: customer.CustomerName,
      OrderVolume: formatDecimal(volume, 3),
      OrderVolumeCurrency: "EUR",
      // Beyond 2^53 for whoever has no order yet, so that a client that reads it as a double is found out.
      NumberOfSalesOrders: own.length === 0 ? "9007199254740993" : String(own.length),
    };
  });
}

function toOrderRow({ items: _items, headerText: _text, ...order }: SalesOrder): Row {
  return { ...order, SalesOrder: stripZeros(order.SalesOrder), SoldToParty: stripZeros(order.SoldToParty) };
}

function toItemRows(order: SalesOrder): Row[] {
  return order.items.map(({ Plant, ...item }) => ({
    ...item,
    SalesOrder: stripZeros(order.SalesOrder),
    SalesOrderItem: stripZeros(item.SalesOrderItem),
    ProductionPlant: Plant,
  }));
}

function toTextRows(order: SalesOrder): Row[] {
  if (order.headerText === "") return [];
  return [{ SalesOrder: stripZeros(order.SalesOrder), Language: "EN", LongTextID: "0001", LongText: order.headerText }];
}

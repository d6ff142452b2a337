import { addressWriter, businessPartnerWriter, customerWriter } from "./business-partner-writer.js";
import { salesOrderItemWriter, salesOrderTextWriter, salesOrderWriter } from "./sales-order-writer.js";
import type { EntityWriter } from "./writer.js";

/** The rules of each entity type. */
export const writers: Readonly<Record<string, EntityWriter>> = {
  A_BusinessPartnerType: businessPartnerWriter,
  A_BusinessPartnerAddressType: addressWriter,
  A_CustomerType: customerWriter,
  A_SalesOrderType: salesOrderWriter,
  A_SalesOrderItemType: salesOrderItemWriter,
  A_SalesOrderTextType: salesOrderTextWriter,
  SalesOrder_Type: salesOrderWriter,
  SalesOrderItem_Type: salesOrderItemWriter,
  SalesOrderText_Type: salesOrderTextWriter,
};

import { day, decimal, instant, key, readOnly, text } from "./property-builders.js";
import type { EntityModel, NavigationModel, PropertyModel, ServiceModel } from "./service-model.js";

const headerProperties: readonly PropertyModel[] = [
  key("SalesOrder", 10, "Sales Order", { alpha: true, creatable: false, upperCase: true }),
  text("SalesOrderType", 4, "Sales Document Type", { updatable: false, upperCase: true }),
  text("SalesOrganization", 4, "Sales Organization", { updatable: false, upperCase: true }),
  text("DistributionChannel", 2, "Distribution Channel", { updatable: false, upperCase: true }),
  text("OrganizationDivision", 2, "Division", { updatable: false, upperCase: true }),
  text("SoldToParty", 10, "Sold-to Party", { alpha: true, upperCase: true }),
  day("CreationDate", "Created On", readOnly),
  text("CreatedByUser", 12, "Created By", { ...readOnly, upperCase: true }),
  instant("LastChangeDateTime", "Time Stamp", readOnly),
  text("PurchaseOrderByCustomer", 35, "Customer Reference"),
  day("SalesOrderDate", "Document Date"),
  decimal("TotalNetAmount", [16, 3], "Net Value", { ...readOnly, unit: "TransactionCurrency" }),
  text("TransactionCurrency", 5, "Document Currency", { semantics: "currency-code", upperCase: true }),
  day("RequestedDeliveryDate", "Requested Deliv.Date"),
  text("CustomerPaymentTerms", 4, "Terms of Payment", { upperCase: true }),
  text("DeliveryBlockReason", 2, "Delivery Block", { upperCase: true }),
  text("OverallSDProcessStatus", 1, "Overall Status", { ...readOnly, upperCase: true }),
  text("SalesDocApprovalStatus", 1, "Document Approval Status", { ...readOnly, upperCase: true }),
];

const itemProperties: readonly PropertyModel[] = [
  key("SalesOrder", 10, "Sales Order", { alpha: true, creatable: false, upperCase: true }),
  key("SalesOrderItem", 6, "Sales Order Item", { alpha: true }),
  text("SalesOrderItemText", 40, "Item Description"),
  text("Material", 40, "Material", { upperCase: true }),
  decimal("RequestedQuantity", [15, 3], "Order Quantity", { unit: "RequestedQuantityUnit" }),
  text("RequestedQuantityUnit", 3, "Sales Unit", { semantics: "unit-of-measure" }),
  decimal("NetAmount", [16, 3], "Net Value", { ...readOnly, unit: "TransactionCurrency" }),
  text("TransactionCurrency", 5, "Document Currency", { ...readOnly, semantics: "currency-code", upperCase: true }),
  text("ProductionPlant", 4, "Plant", { upperCase: true }),
  text("SalesDocumentRjcnReason", 2, "Rejection Reason", { creatable: false, upperCase: true }),
];

const textProperties: readonly PropertyModel[] = [
  key("SalesOrder", 10, "Sales Order", { alpha: true, creatable: false, upperCase: true }),
  key("Language", 2, "Language Key"),
  key("LongTextID", 4, "Text ID", { upperCase: true }),
  { name: "LongText", type: "Edm.String", label: "Long Text" },
];

function header(names: { type: string; set: string; item: string; text: string; toItem: string; toText: string }) {
  const navigations: NavigationModel[] = [
    { name: names.toItem, target: names.item, many: true, on: [["SalesOrder", "SalesOrder"]], composition: true },
    { name: names.toText, target: names.text, many: true, on: [["SalesOrder", "SalesOrder"]], composition: true },
  ];
  const entity: EntityModel = {
    type: names.type,
    set: names.set,
    label: "Sales Order",
    keys: ["SalesOrder"],
    properties: headerProperties,
    navigations,
    etag: "LastChangeDateTime",
    creatable: true,
    updatable: true,
    deletable: true,
  };
  return entity;
}

function item(names: { type: string; set: string; header: string; toHeader: string }): EntityModel {
  return {
    type: names.type,
    set: names.set,
    label: "Sales Order Item",
    keys: ["SalesOrder", "SalesOrderItem"],
    properties: itemProperties,
    navigations: [{ name: names.toHeader, target: names.header, many: false, on: [["SalesOrder", "SalesOrder"]] }],
    creatable: true,
    updatable: true,
    deletable: true,
  };
}

function longText(names: { type: string; set: string }): EntityModel {
  return {
    ...names,
    label: "Sales Order Header Text",
    keys: ["SalesOrder", "Language", "LongTextID"],
    properties: textProperties,
    navigations: [],
    creatable: true,
    updatable: true,
    deletable: true,
  };
}

const salesOrderParameter = key("SalesOrder", 10, "Sales Order", { alpha: true, upperCase: true });

/**
 * Sales Order (A2X) in OData v2, trimmed.
 *
 * @see https://api.sap.com/api/API_SALES_ORDER_SRV
 */
export const salesOrderService: ServiceModel = {
  version: "2.0",
  root: "/sap/opu/odata/sap/API_SALES_ORDER_SRV/",
  namespace: "API_SALES_ORDER_SRV",
  id: "API_SALES_ORDER_SRV",
  container: "API_SALES_ORDER_SRV_Entities",
  title: "Remote API for Sales Order",
  component: "SD-SLS-API",
  entities: [
    header({
      type: "A_SalesOrderType",
      set: "A_SalesOrder",
      item: "A_SalesOrderItemType",
      text: "A_SalesOrderTextType",
      toItem: "to_Item",
      toText: "to_Text",
    }),
    item({
      type: "A_SalesOrderItemType",
      set: "A_SalesOrderItem",
      header: "A_SalesOrderType",
      toHeader: "to_SalesOrder",
    }),
    longText({ type: "A_SalesOrderTextType", set: "A_SalesOrderText" }),
  ],
  complexTypes: [
    {
      name: "DummyFunctionImportResult",
      properties: [{ name: "IsInvalid", type: "Edm.Boolean", label: "TRUE", nullable: true }],
    },
  ],
  operations: [
    {
      name: "releaseApprovalRequest",
      label: "Release Approval Request",
      method: "POST",
      parameters: [salesOrderParameter],
      returns: { complex: "DummyFunctionImportResult" },
    },
    {
      name: "rejectApprovalRequest",
      label: "Reject Approval Request",
      method: "POST",
      parameters: [salesOrderParameter],
      returns: { complex: "DummyFunctionImportResult" },
    },
    {
      name: "GetOpenSalesOrders",
      label: "Open Orders of a Customer",
      method: "GET",
      parameters: [key("SoldToParty", 10, "Sold-to Party", { alpha: true, upperCase: true })],
      returns: { entity: "A_SalesOrderType", many: true },
    },
  ],
};

/**
 * Sales Order (A2X) in OData v4, trimmed.
 *
 * @see https://api.sap.com/api/CE_SALESORDER_0001
 */
export const salesOrderServiceV4: ServiceModel = {
  version: "4.0",
  root: "/sap/opu/odata4/sap/api_salesorder/srvd_a2x/sap/salesorder/0001/",
  namespace: "com.sap.gateway.srvd_a2x.api_salesorder.v0001",
  id: "API_SALESORDER",
  container: "Container",
  title: "Sales Order (A2X)",
  component: "SD-SLS-API",
  entities: [
    header({
      type: "SalesOrder_Type",
      set: "SalesOrder",
      item: "SalesOrderItem_Type",
      text: "SalesOrderText_Type",
      toItem: "_Item",
      toText: "_Text",
    }),
    item({ type: "SalesOrderItem_Type", set: "SalesOrderItem", header: "SalesOrder_Type", toHeader: "_SalesOrder" }),
    longText({ type: "SalesOrderText_Type", set: "SalesOrderText" }),
  ],
  complexTypes: [],
  operations: [
    {
      name: "ReleaseApprovalRequest",
      label: "Release Approval Request",
      method: "POST",
      boundTo: "SalesOrder_Type",
      parameters: [],
      returns: { entity: "SalesOrder_Type" },
    },
    {
      name: "RejectApprovalRequest",
      label: "Reject Approval Request",
      method: "POST",
      boundTo: "SalesOrder_Type",
      parameters: [],
      returns: { entity: "SalesOrder_Type" },
    },
    {
      name: "GetNumberOfOpenOrders",
      label: "Number of Open Orders of a Customer",
      method: "GET",
      parameters: [key("SoldToParty", 10, "Sold-to Party", { alpha: true, upperCase: true })],
      returns: { primitive: "Edm.Int32" },
    },
  ],
};

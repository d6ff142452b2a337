// The records of the system, by the names of SAP's released APIs (api.sap.com). Keys and references are internal
// values: padded with zeros to the length of their field ("0000000017"), as ABAP keeps them. Amounts and quantities are
// decimal text, dates `YYYY-MM-DD` (or null), instants ISO 8601 in UTC with milliseconds.

/** A business partner, of category 1 (a person) or 2 (an organization). */
export interface BusinessPartner {
  BusinessPartner: string;
  BusinessPartnerCategory: "1" | "2";
  BusinessPartnerGrouping: string;
  BusinessPartnerUUID: string;
  /** The customer this partner is, or "". */
  Customer: string;
  OrganizationBPName1: string;
  OrganizationBPName2: string;
  FirstName: string;
  LastName: string;
  SearchTerm1: string;
  /** A language key such as "DE". */
  CorrespondenceLanguage: string;
  BusinessPartnerIsBlocked: boolean;
  CreatedByUser: string;
  CreationDate: string;
  LastChangedByUser: string;
  LastChangeDateTime: string;
}

/** An address of a business partner. */
export interface BusinessPartnerAddress {
  BusinessPartner: string;
  AddressID: string;
  StreetName: string;
  HouseNumber: string;
  PostalCode: string;
  CityName: string;
  Country: string;
  Region: string;
  Language: string;
}

/** The customer role of a business partner (KNA1). */
export interface Customer {
  Customer: string;
  CustomerName: string;
  CustomerAccountGroup: string;
  /** "" or a blocking reason: "01" refuses orders. */
  OrderIsBlockedForCustomer: string;
  DeletionIndicator: boolean;
  CreatedByUser: string;
  CreationDate: string;
  /** Further fields of KNA1 by their names, as an IDoc may bring them. */
  fields: Record<string, string>;
}

/** A material (MARA, with its texts by language key). */
export interface Material {
  Material: string;
  MaterialType: string;
  BaseUnit: string;
  /** Text by language key: `{ EN: …, DE: … }`. */
  texts: Record<string, string>;
  /** Price of one base unit in EUR. */
  netPrice: string;
  /** Further fields of MARA by their names, as an IDoc may bring them. */
  fields: Record<string, string>;
}

/** A line of a sales order (VBAP). */
export interface SalesOrderItem {
  /** Six digits. */
  SalesOrderItem: string;
  Material: string;
  SalesOrderItemText: string;
  RequestedQuantity: string;
  RequestedQuantityUnit: string;
  NetAmount: string;
  TransactionCurrency: string;
  Plant: string;
  SalesDocumentRjcnReason: string;
}

/** A sales order with its items (VBAK, VBAP). */
export interface SalesOrder {
  SalesOrder: string;
  SalesOrderType: string;
  SalesOrganization: string;
  DistributionChannel: string;
  OrganizationDivision: string;
  SoldToParty: string;
  PurchaseOrderByCustomer: string;
  SalesOrderDate: string;
  RequestedDeliveryDate: string | null;
  TransactionCurrency: string;
  TotalNetAmount: string;
  CustomerPaymentTerms: string;
  /** A (not processed), B (partly), C (completely). */
  OverallSDProcessStatus: string;
  /** "" (none needed), A (in approval), B (released), C (rejected). */
  SalesDocApprovalStatus: string;
  DeliveryBlockReason: string;
  /** Long text of the header, any length. */
  headerText: string;
  CreatedByUser: string;
  CreationDate: string;
  LastChangeDateTime: string;
  items: SalesOrderItem[];
}

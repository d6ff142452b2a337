/** What kind of thing an entity is; it decides what may be done with it. */
export type EntityKind =
  /** A name on a list: never deleted, only made inactive. */
  | "list"
  /** Money moves: dated, deletable. */
  | "transaction"
  /** Neither dated money nor a name: deletable. */
  | "other"
  /** One a company; may be changed only. */
  | "singleton"
  /** May only be read here. */
  | "readOnly";

/** One entity of the accounting API. */
export interface EntityDefinition {
  /** As in the API's documents, such as `SalesReceipt`; paths carry it in lower case. */
  name: string;
  kind: EntityKind;
  /** Entities of one group draw their ids from one sequence. */
  idGroup: string;
  /** Fields (dotted) without which it cannot be created; alternatives are separated by `|`. */
  required: readonly string[];
  /** Whether it can be voided. */
  voidable: boolean;
  /** Whether it can be e-mailed and printed. */
  sendable: boolean;
  /** The sequence that gives it a `DocNumber` when it comes without; `undefined`: none. */
  numbering?: "sales" | "journal";
  /** The fields that a query may name, besides those that all entities have. */
  filterable: readonly string[];
}

const listNames = ["Active", "FullyQualifiedName"];
const salesNames = ["DocNumber", "TxnDate", "CustomerRef", "TotalAmt", "PrivateNote"];

/** Fields that every entity can be queried by. */
export const commonFilterable: readonly string[] = [
  "Id",
  "SyncToken",
  "MetaData.CreateTime",
  "MetaData.LastUpdatedTime",
  "domain",
  "sparse",
];

const definitions: readonly EntityDefinition[] = [
  sales("Invoice", ["Line", "CustomerRef"], ["Balance", "DueDate", "SalesTermRef", "EmailStatus", "PrintStatus"]),
  sales("Estimate", ["Line", "CustomerRef"], ["TxnStatus", "ExpirationDate", "EmailStatus"]),
  sales("SalesReceipt", ["Line"], ["Balance", "DepositToAccountRef", "PaymentMethodRef", "PaymentRefNum"]),
  sales("CreditMemo", ["Line", "CustomerRef"], ["Balance", "RemainingCredit"]),
  sales("RefundReceipt", ["Line", "DepositToAccountRef"], ["Balance", "DepositToAccountRef", "PaymentMethodRef"]),
  {
    ...transaction(
      "Payment",
      ["CustomerRef", "TotalAmt"],
      [
        "TxnDate",
        "CustomerRef",
        "TotalAmt",
        "UnappliedAmt",
        "PaymentMethodRef",
        "PaymentRefNum",
        "DepositToAccountRef",
      ],
    ),
    voidable: true,
  },
  transaction(
    "Bill",
    ["Line", "VendorRef"],
    ["DocNumber", "TxnDate", "DueDate", "VendorRef", "Balance", "TotalAmt", "SalesTermRef"],
  ),
  {
    ...transaction(
      "BillPayment",
      ["VendorRef", "TotalAmt", "PayType", "Line", "CheckPayment.BankAccountRef|CreditCardPayment.CCAccountRef"],
      ["DocNumber", "TxnDate", "VendorRef", "TotalAmt", "PayType"],
    ),
    voidable: true,
  },
  {
    ...transaction(
      "PurchaseOrder",
      ["Line", "VendorRef"],
      ["DocNumber", "TxnDate", "DueDate", "VendorRef", "TotalAmt", "POStatus"],
    ),
    sendable: true,
  },
  transaction(
    "Purchase",
    ["Line", "AccountRef", "PaymentType"],
    ["DocNumber", "TxnDate", "TotalAmt", "PaymentType", "AccountRef", "EntityRef"],
  ),
  { ...transaction("JournalEntry", ["Line"], ["DocNumber", "TxnDate", "Adjustment"]), numbering: "journal" },
  transaction("Deposit", ["Line", "DepositToAccountRef"], ["DocNumber", "TxnDate", "DepositToAccountRef"]),
  transaction("Transfer", ["FromAccountRef", "ToAccountRef", "Amount"], ["TxnDate", "Amount"]),
  transaction("VendorCredit", ["Line", "VendorRef"], ["DocNumber", "TxnDate", "VendorRef", "TotalAmt", "Balance"]),
  other(
    "TimeActivity",
    ["NameOf", "EmployeeRef|VendorRef"],
    ["TxnDate", "NameOf", "EmployeeRef", "VendorRef", "CustomerRef", "ItemRef", "BillableStatus"],
  ),
  other("Attachable", ["FileName|Note"], ["FileName", "ContentType", "Category", "Note"]),
  list(
    "Customer",
    ["DisplayName"],
    [
      "DisplayName",
      "CompanyName",
      "GivenName",
      "FamilyName",
      "PrintOnCheckName",
      "Balance",
      "ParentRef",
      "Job",
      "Taxable",
      "PrimaryEmailAddr.Address",
    ],
    "name",
  ),
  list(
    "Vendor",
    ["DisplayName"],
    ["DisplayName", "CompanyName", "GivenName", "FamilyName", "PrintOnCheckName", "Balance", "Vendor1099"],
    "name",
  ),
  list("Employee", ["DisplayName"], ["DisplayName", "GivenName", "FamilyName", "PrintOnCheckName"], "name"),
  list(
    "Item",
    ["Name"],
    [
      "Name",
      "Sku",
      "Type",
      "UnitPrice",
      "PurchaseCost",
      "QtyOnHand",
      "Taxable",
      "IncomeAccountRef",
      "ExpenseAccountRef",
    ],
  ),
  list(
    "Account",
    ["Name", "AccountType|AccountSubType"],
    ["Name", "AcctNum", "AccountType", "AccountSubType", "Classification", "CurrentBalance", "ParentRef", "SubAccount"],
  ),
  list("Class", ["Name"], ["Name", "ParentRef", "SubClass"]),
  list("Department", ["Name"], ["Name", "ParentRef", "SubDepartment"]),
  list("Term", ["Name"], ["Name", "Type", "DueDays"]),
  list("PaymentMethod", ["Name"], ["Name", "Type"]),
  { ...list("TaxCode", ["Name"], ["Name", "Description", "Taxable"]), kind: "readOnly" },
  { ...list("TaxRate", ["Name"], ["Name", "RateValue"]), kind: "readOnly" },
  { ...other("CompanyInfo", [], ["CompanyName", "LegalName", "Country"]), kind: "singleton" },
  { ...other("Preferences", [], []), kind: "singleton" },
];

const byLowerName = new Map(definitions.map((definition) => [definition.name.toLowerCase(), definition]));

/** Every entity. */
export function allEntities(): readonly EntityDefinition[] {
  return definitions;
}

/** Finds an entity by its name in any letter case, as paths (`/salesreceipt`) and clients write it. */
export function findEntity(name: string): EntityDefinition | undefined {
  return byLowerName.get(name.toLowerCase());
}

function transaction(name: string, required: string[], filterable: string[]): EntityDefinition {
  return {
    name,
    kind: "transaction",
    idGroup: "transaction",
    required,
    voidable: false,
    sendable: false,
    filterable: [...filterable, "PrivateNote"],
  };
}

function sales(name: string, required: string[], filterable: string[]): EntityDefinition {
  const base = transaction(name, required, [...salesNames, ...filterable]);
  return { ...base, voidable: true, sendable: true, numbering: "sales" };
}

function list(name: string, required: string[], filterable: string[], idGroup = name): EntityDefinition {
  const fields = [...listNames, ...filterable];
  return { name, kind: "list", idGroup, required, voidable: false, sendable: false, filterable: fields };
}

function other(name: string, required: string[], filterable: string[]): EntityDefinition {
  return { name, kind: "other", idGroup: name, required, voidable: false, sendable: false, filterable };
}

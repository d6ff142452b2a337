/** What QuickBooks offers for the records of one entity. */
interface Traits {
  /** As Intuit spells it, in envelopes and queries. */
  readonly name: string;
  /** In paths. */
  readonly path: string;
  /** Transactions move money and can be deleted; records of lists are made inactive; singletons are there once. */
  readonly kind: "transaction" | "list" | "singleton";
  readonly create: boolean;
  readonly update: boolean;
  /** Whether Intuit's page of the entity documents a sparse update. Where it has a full one alone, the connector merges. */
  readonly sparse: boolean;
  /** `delete_whole`: the whole record has to be sent. */
  readonly delete: "delete" | "delete_whole" | "deactivate" | false;
  /** `?operation=void`, or `?operation=update&include=void`. */
  readonly void: "void" | "update_include_void" | false;
  readonly send: boolean;
  readonly pdf: boolean;
  /** The field that people know a record by. */
  readonly nameField: string;
  readonly requiredOnCreate: readonly string[];
  readonly summary: string;
}

// What most entities of a kind offer; each says where it differs. Nobody has seen a sparse update work for the others: a Bill
// and a Purchase were refused without their required fields (https://github.com/EpicenterHQ/epicenter/pull/2346), and
// quickbooks-ruby refuses one of a Vendor by itself.
const transaction = {
  kind: "transaction",
  create: true,
  update: true,
  sparse: false,
  delete: "delete",
  void: false,
  send: false,
  pdf: false,
} as const;
const list = {
  kind: "list",
  create: true,
  update: true,
  sparse: false,
  delete: "deactivate",
  void: false,
  send: false,
  pdf: false,
} as const;
const singleton = {
  kind: "singleton",
  create: false,
  update: true,
  sparse: false,
  delete: false,
  void: false,
  send: false,
  pdf: false,
} as const;

/**
 * Every entity that this package knows.
 * @see https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
 */
export const entityTable = {
  Invoice: {
    ...transaction,
    name: "Invoice",
    path: "invoice",
    sparse: true,
    void: "void",
    send: true,
    pdf: true,
    nameField: "DocNumber",
    requiredOnCreate: ["CustomerRef", "Line"],
    summary: "What a customer is asked to pay.",
  },
  Payment: {
    ...transaction,
    name: "Payment",
    path: "payment",
    void: "update_include_void",
    send: true,
    pdf: true,
    nameField: "PaymentRefNum",
    requiredOnCreate: ["CustomerRef", "TotalAmt"],
    summary: "Money received from a customer.",
  },
  Customer: {
    ...list,
    name: "Customer",
    path: "customer",
    sparse: true,
    nameField: "DisplayName",
    requiredOnCreate: [],
    summary: "Who buys; needs a DisplayName or a part of a name.",
  },
  Vendor: {
    ...list,
    name: "Vendor",
    path: "vendor",
    nameField: "DisplayName",
    requiredOnCreate: [],
    summary: "Who sells to the company; needs a DisplayName or a part of a name.",
  },
  Bill: {
    ...transaction,
    name: "Bill",
    path: "bill",
    nameField: "DocNumber",
    requiredOnCreate: ["VendorRef", "Line"],
    summary: "What a vendor asks the company to pay.",
  },
  BillPayment: {
    ...transaction,
    name: "BillPayment",
    path: "billpayment",
    void: "update_include_void",
    nameField: "DocNumber",
    requiredOnCreate: ["VendorRef", "Line", "PayType", "TotalAmt"],
    summary: "Money paid for bills.",
  },
  Estimate: {
    ...transaction,
    name: "Estimate",
    path: "estimate",
    sparse: true,
    send: true,
    pdf: true,
    nameField: "DocNumber",
    requiredOnCreate: ["CustomerRef", "Line"],
    summary: "An offer to a customer.",
  },
  SalesReceipt: {
    ...transaction,
    name: "SalesReceipt",
    path: "salesreceipt",
    sparse: true,
    void: "update_include_void",
    send: true,
    pdf: true,
    nameField: "DocNumber",
    requiredOnCreate: ["Line"],
    summary: "A sale that is paid at once.",
  },
  CreditMemo: {
    ...transaction,
    name: "CreditMemo",
    path: "creditmemo",
    send: true,
    pdf: true,
    nameField: "DocNumber",
    requiredOnCreate: ["CustomerRef", "Line"],
    summary: "What a customer gets credited.",
  },
  RefundReceipt: {
    ...transaction,
    name: "RefundReceipt",
    path: "refundreceipt",
    sparse: true,
    send: true,
    pdf: true,
    nameField: "DocNumber",
    requiredOnCreate: ["DepositToAccountRef", "Line"],
    summary: "Money given back to a customer.",
  },
  PurchaseOrder: {
    ...transaction,
    name: "PurchaseOrder",
    path: "purchaseorder",
    send: true,
    pdf: true,
    nameField: "DocNumber",
    requiredOnCreate: ["APAccountRef", "VendorRef", "Line"],
    summary: "An order to a vendor.",
  },
  Purchase: {
    ...transaction,
    name: "Purchase",
    path: "purchase",
    nameField: "DocNumber",
    requiredOnCreate: ["AccountRef", "PaymentType", "Line"],
    summary: "An expense that is paid at once, by cash, check or card.",
  },
  JournalEntry: {
    ...transaction,
    name: "JournalEntry",
    path: "journalentry",
    sparse: true,
    nameField: "DocNumber",
    requiredOnCreate: ["Line"],
    summary: "Postings whose debits equal their credits.",
  },
  Deposit: {
    ...transaction,
    name: "Deposit",
    path: "deposit",
    sparse: true,
    nameField: "DocNumber",
    requiredOnCreate: ["DepositToAccountRef", "Line"],
    summary: "Money brought to a bank account.",
  },
  Transfer: {
    ...transaction,
    name: "Transfer",
    path: "transfer",
    sparse: true,
    nameField: "Id",
    requiredOnCreate: ["FromAccountRef", "ToAccountRef", "Amount"],
    summary: "Money moved between accounts.",
  },
  Item: {
    ...list,
    name: "Item",
    path: "item",
    nameField: "Name",
    requiredOnCreate: ["Name", "Type"],
    summary: "A product or service.",
  },
  Account: {
    ...list,
    name: "Account",
    path: "account",
    nameField: "Name",
    requiredOnCreate: ["Name"],
    summary: "An account of the chart of accounts; needs an AccountType or AccountSubType.",
  },
  Employee: {
    ...list,
    name: "Employee",
    path: "employee",
    nameField: "DisplayName",
    requiredOnCreate: [],
    summary: "Who works for the company; needs a GivenName or a FamilyName.",
  },
  Class: {
    ...list,
    name: "Class",
    path: "class",
    nameField: "Name",
    requiredOnCreate: ["Name"],
    summary: "A kind of business, to tell transactions apart by.",
  },
  Department: {
    ...list,
    name: "Department",
    path: "department",
    nameField: "Name",
    requiredOnCreate: ["Name"],
    summary: "A place of business.",
  },
  Term: {
    ...list,
    name: "Term",
    path: "term",
    nameField: "Name",
    requiredOnCreate: ["Name"],
    summary: "When a document is due.",
  },
  PaymentMethod: {
    ...list,
    name: "PaymentMethod",
    path: "paymentmethod",
    nameField: "Name",
    requiredOnCreate: ["Name"],
    summary: "How is paid.",
  },
  TaxCode: {
    ...list,
    name: "TaxCode",
    path: "taxcode",
    create: false,
    update: false,
    delete: false,
    nameField: "Name",
    requiredOnCreate: [],
    summary: "Which tax rates apply to a line.",
  },
  TaxRate: {
    ...list,
    name: "TaxRate",
    path: "taxrate",
    create: false,
    update: false,
    delete: false,
    nameField: "Name",
    requiredOnCreate: [],
    summary: "A rate of a tax agency.",
  },
  TimeActivity: {
    ...transaction,
    name: "TimeActivity",
    path: "timeactivity",
    nameField: "Id",
    requiredOnCreate: ["NameOf"],
    summary: "Hours that somebody worked.",
  },
  VendorCredit: {
    ...transaction,
    name: "VendorCredit",
    path: "vendorcredit",
    nameField: "DocNumber",
    requiredOnCreate: ["VendorRef", "Line"],
    summary: "What a vendor credits the company.",
  },
  Attachable: {
    ...list,
    name: "Attachable",
    path: "attachable",
    delete: "delete_whole",
    nameField: "FileName",
    requiredOnCreate: [],
    summary: "A file or a note beside a record.",
  },
  CompanyInfo: {
    ...singleton,
    name: "CompanyInfo",
    path: "companyinfo",
    sparse: true,
    nameField: "CompanyName",
    requiredOnCreate: [],
    summary: "The company itself.",
  },
  Preferences: {
    ...singleton,
    name: "Preferences",
    path: "preferences",
    nameField: "Id",
    requiredOnCreate: [],
    summary: "How the company uses QuickBooks.",
  },
} as const satisfies Readonly<Record<string, Traits>>;

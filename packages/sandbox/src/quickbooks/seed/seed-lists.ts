import { findEntity } from "../data/entities.js";
import type { RecordService } from "../data/record-service.js";
import type { JsonObject } from "../data/records.js";

/** Creates a record and gives a reference to it. */
export type Create = (entity: string, fields: JsonObject) => { value: string };

/** A shorthand for seeds over the service, so that every rule holds for them too. */
export function creatorOf(service: RecordService): Create {
  return (entity, fields) => {
    const definition = findEntity(entity);
    if (definition === undefined) throw new Error(`There is no entity ${entity}.`);
    return { value: service.create(definition, fields).Id };
  };
}

/** The accounts that the sales and purchases of the seed go to. */
export type Accounts = Record<(typeof accounts)[number][0], { value: string }>;

const accounts = [
  ["Checking", "Bank", "Checking"],
  ["Savings", "Bank", "Savings"],
  ["Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"],
  ["Undeposited Funds", "Other Current Asset", "UndepositedFunds"],
  ["Inventory Asset", "Other Current Asset", "Inventory"],
  ["Prepaid Expenses", "Other Current Asset", "PrepaidExpenses"],
  ["Truck", "Fixed Asset", "Vehicles"],
  ["Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable"],
  ["Mastercard", "Credit Card", "CreditCard"],
  ["Sales Tax Payable", "Other Current Liability", "SalesTaxPayable"],
  ["Loan Payable", "Other Current Liability", "LoanPayable"],
  ["Notes Payable", "Long Term Liability", "NotesPayable"],
  ["Opening Balance Equity", "Equity", "OpeningBalanceEquity"],
  ["Retained Earnings", "Equity", "RetainedEarnings"],
  ["Services", "Income", "ServiceFeeIncome"],
  ["Sales of Product Income", "Income", "SalesOfProductIncome"],
  ["Discounts given", "Income", "DiscountsRefundsGiven"],
  ["Interest Earned", "Other Income", "InterestEarned"],
  ["Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs"],
  ["Advertising", "Expense", "AdvertisingPromotional"],
  ["Bank Charges", "Expense", "BankCharges"],
  ["Insurance", "Expense", "Insurance"],
  ["Legal & Professional Fees", "Expense", "LegalProfessionalFees"],
  ["Office Expenses", "Expense", "OfficeGeneralAdministrativeExpenses"],
  ["Rent or Lease", "Expense", "RentOrLeaseOfBuildings"],
  ["Utilities", "Expense", "Utilities"],
  ["Travel", "Expense", "Travel"],
  ["Depreciation", "Other Expense", "Depreciation"],
] as const;

/** The chart of accounts. */
export function seedAccounts(create: Create): Accounts {
  const made = accounts.map(([Name, AccountType, AccountSubType]) => [
    Name,
    create("Account", { Name, AccountType, AccountSubType }),
  ]);
  return Object.fromEntries(made);
}

/** Terms, payment methods, classes and locations. */
export function seedChoices(create: Create): { terms: { value: string }[]; paymentMethods: { value: string }[] } {
  const terms = [
    ["Due on receipt", 0],
    ["Net 15", 15],
    ["Net 30", 30],
    ["Net 60", 60],
  ] as const;
  const methods = [
    ["Cash", "NON_CREDIT_CARD"],
    ["Check", "NON_CREDIT_CARD"],
    ["Visa", "CREDIT_CARD"],
    ["MasterCard", "CREDIT_CARD"],
  ] as const;
  for (const Name of ["Residential", "Commercial"]) create("Class", { Name });
  for (const Name of ["San Diego", "Oceanside"]) create("Department", { Name });
  return {
    terms: terms.map(([Name, DueDays]) => create("Term", { Name, DueDays, Type: "STANDARD" })),
    paymentMethods: methods.map(([Name, Type]) => create("PaymentMethod", { Name, Type })),
  };
}

/** What the company sells. */
export function seedItems(create: Create, account: Accounts): { reference: { value: string }; price: number }[] {
  const services = [
    ["Design", 75],
    ["Hours", 50],
    ["Installation", 62.5],
    ["Maintenance & Repair", 48.25],
    ["Trimming", 35],
  ] as const;
  const products = [
    ["Rock Fountain", 275, 125],
    ["Sprinkler Heads", 2.95, 0.75],
    ["Garden Lights", 22.49, 9.9],
    ["Sod (per square foot)", 1.15, 0.42],
  ] as const;
  return [
    ...services.map(([Name, price]) => ({
      price,
      reference: create("Item", { Name, Type: "Service", UnitPrice: price, IncomeAccountRef: account.Services }),
    })),
    ...products.map(([Name, price, cost]) => ({
      price,
      reference: create("Item", {
        Name,
        Type: "Inventory",
        UnitPrice: price,
        PurchaseCost: cost,
        QtyOnHand: 250,
        InvStartDate: "2024-01-01",
        Taxable: true,
        Sku: `SKU-${Name.slice(0, 3).toUpperCase()}`,
        IncomeAccountRef: account["Sales of Product Income"],
        ExpenseAccountRef: account["Cost of Goods Sold"],
        AssetAccountRef: account["Inventory Asset"],
      }),
    })),
  ];
}

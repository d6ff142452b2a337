import { QuickbooksFault } from "../errors.js";

interface AccountType {
  classification: string;
  /** The first is taken when none is named. */
  subTypes: readonly string[];
}

/** The account types of a US company with their usual sub-types. Sub-types that are not listed are let pass. */
const types: Readonly<Record<string, AccountType>> = {
  Bank: { classification: "Asset", subTypes: ["CashOnHand", "Checking", "MoneyMarket", "Savings", "TrustAccounts"] },
  "Accounts Receivable": { classification: "Asset", subTypes: ["AccountsReceivable"] },
  "Other Current Asset": {
    classification: "Asset",
    subTypes: ["OtherCurrentAssets", "UndepositedFunds", "Inventory", "PrepaidExpenses", "EmployeeCashAdvances"],
  },
  "Fixed Asset": {
    classification: "Asset",
    subTypes: [
      "OtherFixedAssets",
      "MachineryAndEquipment",
      "FurnitureAndFixtures",
      "Vehicles",
      "AccumulatedDepreciation",
    ],
  },
  "Other Asset": { classification: "Asset", subTypes: ["OtherLongTermAssets", "SecurityDeposits"] },
  "Accounts Payable": { classification: "Liability", subTypes: ["AccountsPayable"] },
  "Credit Card": { classification: "Liability", subTypes: ["CreditCard"] },
  "Other Current Liability": {
    classification: "Liability",
    subTypes: ["OtherCurrentLiabilities", "SalesTaxPayable", "PayrollTaxPayable", "LoanPayable"],
  },
  "Long Term Liability": { classification: "Liability", subTypes: ["OtherLongTermLiabilities", "NotesPayable"] },
  Equity: { classification: "Equity", subTypes: ["OwnersEquity", "OpeningBalanceEquity", "RetainedEarnings"] },
  Income: {
    classification: "Revenue",
    subTypes: ["ServiceFeeIncome", "SalesOfProductIncome", "OtherPrimaryIncome", "DiscountsRefundsGiven"],
  },
  "Other Income": { classification: "Revenue", subTypes: ["OtherMiscellaneousIncome", "InterestEarned"] },
  "Cost of Goods Sold": {
    classification: "Expense",
    subTypes: ["SuppliesMaterialsCogs", "ShippingFreightDeliveryCos"],
  },
  Expense: {
    classification: "Expense",
    subTypes: [
      "OtherMiscellaneousServiceCost",
      "AdvertisingPromotional",
      "BankCharges",
      "Insurance",
      "LegalProfessionalFees",
      "OfficeGeneralAdministrativeExpenses",
      "RentOrLeaseOfBuildings",
      "RepairMaintenance",
      "SuppliesMaterials",
      "Travel",
      "Utilities",
      "PayrollExpenses",
    ],
  },
  "Other Expense": { classification: "Expense", subTypes: ["OtherMiscellaneousExpense", "Depreciation"] },
};

/**
 * Completes an account's type, sub-type and classification from what is given.
 *
 * @throws {QuickbooksFault} 2170 for a type that does not exist.
 */
export function classificationOf(
  accountType: string | undefined,
  subType: string | undefined,
): { type: string; subType: string; classification: string } {
  const type = accountType ?? Object.keys(types).find((name) => types[name]?.subTypes.includes(subType ?? ""));
  const found = type !== undefined && Object.hasOwn(types, type) ? types[type] : undefined;
  if (type === undefined || found === undefined) {
    throw new QuickbooksFault(
      "2170",
      "Invalid Enumeration",
      `Property Name:AccountType has the value ${accountType ?? subType ?? ""}`,
      { element: "AccountType" },
    );
  }
  return { type, subType: subType ?? found.subTypes[0] ?? type, classification: found.classification };
}

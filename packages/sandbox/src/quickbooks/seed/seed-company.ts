import type { Clock } from "../../shared/clock.js";
import { createPseudoRandom } from "../../shared/pseudo-random.js";
import { RecordService } from "../data/record-service.js";
import type { JsonObject } from "../data/records.js";
import { toRecordTime } from "../data/time.js";
import type { Company } from "../state.js";
import { creatorOf, seedAccounts, seedChoices, seedItems } from "./seed-lists.js";
import { seedPeople } from "./seed-people.js";
import { seedTransactions } from "./seed-transactions.js";

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Fills a company: always its own information, preferences, chart of accounts, terms and tax codes.
 *
 * @param withBusiness - Whether there are people, items and half a year of transactions too. They are the same each time;
 * their dates count back from today.
 */
export function seedCompany(company: Company, clock: Clock, withBusiness: boolean): void {
  const now = clock();
  let time = now - 190 * dayMs;
  const moveClock = (daysAgo: number): number => {
    time = now - daysAgo * dayMs;
    return time;
  };
  const service = new RecordService(company.records, () => time);
  const create = creatorOf(service);
  company.records.transact(() => {
    seedSingles(company, time);
    const accounts = seedAccounts(create);
    const choices = seedChoices(create);
    if (!withBusiness) return;
    const people = seedPeople(create);
    const items = seedItems(create, accounts);
    seedTransactions(
      service,
      company.records,
      { ...people, ...choices, items, accounts },
      createPseudoRandom(20),
      moveClock,
    );
  });
}

/** What can only be read or changed, never created through the API. */
function seedSingles(company: Company, time: number): void {
  const at = toRecordTime(time);
  const put = (entity: string, Id: string, fields: JsonObject): void =>
    company.records.put(entity, {
      ...fields,
      domain: "QBO",
      sparse: false,
      Id,
      SyncToken: "0",
      MetaData: { CreateTime: at, LastUpdatedTime: at },
    });
  const address = {
    Line1: "1 Harbor Way",
    City: "San Diego",
    CountrySubDivisionCode: "CA",
    PostalCode: "92101",
    Country: "USA",
  };
  put("CompanyInfo", "1", {
    CompanyName: company.name,
    LegalName: company.name,
    CompanyAddr: address,
    LegalAddr: address,
    Country: "US",
    CompanyStartDate: at.slice(0, 10),
    FiscalYearStartMonth: "January",
    SupportedLanguages: "en",
    Email: { Address: "hello@fjordline.example" },
    NameValue: [{ Name: "OfferingSku", Value: "QuickBooks Online Plus" }],
  });
  put("Preferences", "1", {
    AccountingInfoPrefs: {
      UseAccountNumbers: false,
      TrackDepartments: true,
      ClassTrackingPerTxn: true,
      CustomerTerminology: "Customers",
    },
    SalesFormsPrefs: { CustomTxnNumbers: true, AllowDeposit: true, AllowDiscount: true, AllowEstimates: true },
    TaxPrefs: { UsingSalesTax: true, TaxGroupCodeRef: { value: "2" } },
    CurrencyPrefs: { MultiCurrencyEnabled: false, HomeCurrency: { value: "USD" } },
  });
  put("TaxRate", "3", {
    Name: "California",
    Active: true,
    RateValue: 8,
    AgencyRef: { value: "1" },
    SpecialTaxType: "NONE",
    DisplayType: "ReadOnly",
  });
  put("TaxRate", "1", {
    Name: "AZ State tax",
    Active: true,
    RateValue: 7.1,
    AgencyRef: { value: "2" },
    SpecialTaxType: "NONE",
    DisplayType: "ReadOnly",
  });
  put("TaxRate", "2", {
    Name: "Tucson City",
    Active: true,
    RateValue: 2,
    AgencyRef: { value: "2" },
    SpecialTaxType: "NONE",
    DisplayType: "ReadOnly",
  });
  put("TaxCode", "2", taxCode("California", ["3"]));
  put("TaxCode", "3", taxCode("Tucson", ["1", "2"]));
}

function taxCode(Name: string, rates: string[]): JsonObject {
  return {
    Name,
    Description: Name,
    Active: true,
    Hidden: false,
    Taxable: true,
    TaxGroup: true,
    SalesTaxRateList: {
      TaxRateDetail: rates.map((value, TaxOrder) => ({
        TaxRateRef: { value },
        TaxTypeApplicable: "TaxOnAmount",
        TaxOrder,
      })),
    },
    PurchaseTaxRateList: { TaxRateDetail: [] },
  };
}

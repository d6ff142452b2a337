import type { Create } from "./seed-lists.js";

const customers = [
  ["Amara", "Okafor", "Okafor Landscaping"],
  ["Bill", "Lucchini", ""],
  ["Chen", "Wei", "Wei & Daughters"],
  ["Dukes", "Basketball", "Dukes Basketball Camp"],
  ["Elif", "Yılmaz", ""],
  ["Freeman", "Kirby", "Freeman Sporting Goods"],
  ["Geeta", "Kalapatapu", ""],
  ["Henrik", "Dahl", "Dahl Architects"],
  ["Imani", "Brooks", "Brooks Bakery"],
  ["Jeff", "O'Hara", "O'Hara's Jalopies"],
  ["Kookies", "Baird", "Kookies by Kathy"],
  ["Mark", "Cho", ""],
  ["Nadia", "Haddad", "Haddad Dental"],
  ["Paulo", "Ribeiro", ""],
  ["Red", "Rock", "Red Rock Diner"],
  ["Sonnenschein", "Ruth", "Sonnenschein Family Store"],
  ["Travis", "Waldron", ""],
  ["Weiskopf", "Nicola", "Weiskopf Consulting"],
] as const;

const vendors = [
  ["Bob's Burger Joint", false],
  ["Brosnahan Insurance Agency", false],
  ["Cal Telephone", false],
  ["Hall Properties", true],
  ["Hicks Hardware", false],
  ["Norton Lumber and Building Materials", false],
  ["PG&E", false],
  ["Robertson & Associates", true],
  ["Tania's Nursery", false],
] as const;

/** Customers, two of them with a job below; vendors; employees. */
export function seedPeople(create: Create): { customers: { value: string }[]; vendors: { value: string }[] } {
  const madeCustomers = customers.map(([GivenName, FamilyName, company], index) =>
    create("Customer", {
      GivenName,
      FamilyName,
      DisplayName: company === "" ? `${GivenName} ${FamilyName}` : company,
      ...(company === "" ? {} : { CompanyName: company }),
      PrimaryEmailAddr: { Address: `${GivenName.toLowerCase()}@customer${index + 1}.example` },
      PrimaryPhone: { FreeFormNumber: `(555) 555-01${String(index).padStart(2, "0")}` },
      BillAddr: {
        Line1: `${120 + index * 7} Ocean Street`,
        City: "San Diego",
        CountrySubDivisionCode: "CA",
        PostalCode: `921${String(index).padStart(2, "0")}`,
        // Company addresses carry three letters since October 2025.
        Country: "USA",
      },
      PreferredDeliveryMethod: "Print",
    }),
  );
  const [first, second] = madeCustomers;
  if (first !== undefined) create("Customer", { DisplayName: "0969 Ocean View Road", ParentRef: first, Job: true });
  if (second !== undefined) create("Customer", { DisplayName: "55 Twin Lane", ParentRef: second, Job: true });
  const madeVendors = vendors.map(([DisplayName, Vendor1099]) =>
    create("Vendor", { DisplayName, CompanyName: DisplayName, Vendor1099 }),
  );
  for (const [GivenName, FamilyName] of [
    ["Emily", "Platt"],
    ["John", "Johnson"],
  ] as const) {
    create("Employee", { GivenName, FamilyName });
  }
  return { customers: madeCustomers, vendors: madeVendors };
}

/** What is measured: one call of each kind, as a program makes it. */
export const scenarios = ["retrieve", "create", "query"] as const;

/** One of {@link scenarios}. */
export type Scenario = (typeof scenarios)[number];

export const accountId = "001xx000003D001AAG";
export const newAccount = { Name: "Nordwind Logistik GmbH", Industry: "Transportation", NumberOfEmployees: 19 };
export const soql = "SELECT Id, Name, Industry, NumberOfEmployees FROM Account LIMIT 200";

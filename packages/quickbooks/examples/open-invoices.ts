// Lists the open invoices of a QuickBooks company.
//
//   QUICKBOOKS_CLIENT_ID=… QUICKBOOKS_CLIENT_SECRET=… QUICKBOOKS_REALM_ID=… QUICKBOOKS_REFRESH_TOKEN=… node open-invoices.ts
//
// QUICKBOOKS_URL is the address of a local sandbox; left out, it is Intuit's own sandbox environment.
import { createQuickbooksConnector } from "@isthmus/quickbooks";

const {
  QUICKBOOKS_CLIENT_ID = "",
  QUICKBOOKS_CLIENT_SECRET = "",
  QUICKBOOKS_REALM_ID,
  QUICKBOOKS_REFRESH_TOKEN,
  QUICKBOOKS_URL: url,
} = process.env;

const quickbooks = createQuickbooksConnector({
  clientId: QUICKBOOKS_CLIENT_ID,
  clientSecret: QUICKBOOKS_CLIENT_SECRET,
  realmId: QUICKBOOKS_REALM_ID,
  refreshToken: QUICKBOOKS_REFRESH_TOKEN,
  // A local sandbox is a private host and plain http: both have to be allowed by its exact address.
  ...(url && { apiUrl: url, allowedPrivateHosts: [new URL(url).host] }),
});

const company = await quickbooks.connect();
console.log(`Connected to ${company.name} (${company.environment})`);

const open = "select * from Invoice where Balance > '0' orderby DueDate";
for await (const { DocNumber, DueDate, Balance } of quickbooks.query(open)) console.log(DocNumber, DueDate, Balance);

await quickbooks.close();

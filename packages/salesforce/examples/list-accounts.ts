// Lists a few accounts of a Salesforce organisation.
//
//   SALESFORCE_CLIENT_ID=… SALESFORCE_CLIENT_SECRET=… SALESFORCE_REFRESH_TOKEN=… node list-accounts.ts
//
// SALESFORCE_URL is the address where people sign in; left out, it is https://login.salesforce.com.
import { createSalesforceConnector, soql } from "@isthmus/salesforce";

const { SALESFORCE_CLIENT_ID = "", SALESFORCE_CLIENT_SECRET, SALESFORCE_REFRESH_TOKEN, SALESFORCE_URL } = process.env;

const salesforce = createSalesforceConnector({
  clientId: SALESFORCE_CLIENT_ID,
  clientSecret: SALESFORCE_CLIENT_SECRET,
  refreshToken: SALESFORCE_REFRESH_TOKEN,
  ...(SALESFORCE_URL && { loginUrl: SALESFORCE_URL }),
  // A local sandbox is a private host and plain http: both have to be allowed by its exact address.
  ...(SALESFORCE_URL?.startsWith("http://") && { allowedPrivateHosts: [new URL(SALESFORCE_URL).host] }),
});

const account = await salesforce.connect();
console.log(`Connected to ${account.name} as ${account.user}`);

const accounts = soql`SELECT Id, Name FROM Account WHERE Name != ${null} ORDER BY Name LIMIT ${5}`;
for await (const { Id, Name } of salesforce.query(accounts)) console.log(Id, Name);

await salesforce.close();

// Lists a few accounts of a Salesforce organisation, described by a configuration alone.
//
//   SALESFORCE_URL=… SALESFORCE_CLIENT_ID=… SALESFORCE_CLIENT_SECRET=… node list-accounts.ts
//
// SALESFORCE_URL is the organisation's My Domain; the app has to allow the client credentials flow.
import { createCustomConnector } from "@isthmus/custom";

const { SALESFORCE_URL = "", SALESFORCE_CLIENT_ID = "", SALESFORCE_CLIENT_SECRET = "" } = process.env;

const crm = createCustomConnector({
  authenticationMethod: "oauth2_client_credentials",
  credentials: { clientId: SALESFORCE_CLIENT_ID, clientSecret: SALESFORCE_CLIENT_SECRET },
  configuration: {
    baseUrl: SALESFORCE_URL,
    authentication: { oauth2: { tokenEndpoint: `${SALESFORCE_URL}/services/oauth2/token` } },
    test: { path: "/services/oauth2/userinfo", accountId: "/organization_id", user: "/preferred_username" },
    operations: [
      {
        name: "accounts.count",
        summary: "Counts the accounts.",
        kind: "read",
        method: "GET",
        path: "/services/data/v60.0/query",
        query: { q: "SELECT COUNT() FROM Account" },
        output: { type: "integer" },
        result: "/totalSize",
      },
    ],
    entities: [
      {
        name: "Account",
        id: "/Id",
        list: {
          path: "/services/data/v60.0/query",
          query: { q: "SELECT Id, Name FROM Account ORDER BY Name LIMIT 5" },
          records: "/records",
          paging: { kind: "next_url", next: "/nextRecordsUrl" },
        },
      },
    ],
  },
  // A local sandbox is a private host and plain http: both have to be allowed by its exact address.
  ...(SALESFORCE_URL.startsWith("http://") && { allowedPrivateHosts: [new URL(SALESFORCE_URL).host] }),
});

const account = await crm.connect();
console.log(`Connected to ${account.name} as ${account.user}`);
console.log(`${await crm.call("accounts.count")} accounts, of which the first five are`);

for await (const { changes } of crm.entities.read("Account", undefined, AbortSignal.timeout(60_000))) {
  for (const { id, record } of changes) console.log(id, record?.Name);
}

await crm.close();

// The vendors with many records, in a process of their own, so that their memory and their work are not the worker's. Its one
// argument is JSON: see `VendorsTask`.
import { startQuickbooksSandbox, startSalesforceSandbox, startSapSandbox } from "@isthmus/sandbox";
import { startItemsServer } from "./items-server.js";
import type { Vendors, VendorsTask } from "./start-vendors.js";

const { bulkRows, records }: VendorsTask = JSON.parse(process.argv[2] ?? "");
const salesforce = await startSalesforceSandbox({ skipConsent: true, measurements: bulkRows });
const company = { realmId: "4620816365000000030", name: "Volume", seed: false, customers: records };
const quickbooks = await startQuickbooksSandbox({ skipConsent: true, throttle: false, companies: [company] });
const sap = await startSapSandbox({ seed: 0, businessPartners: records, pageSize: 5_000 });
const vendors: Vendors = {
  salesforce: { url: salesforce.url, client: salesforce.client },
  quickbooks: { url: quickbooks.url, client: quickbooks.client },
  sap: { url: sap.url, user: sap.user },
  items: { url: await startItemsServer(records) },
};
process.send?.(vendors);
process.once("disconnect", () => process.exit());

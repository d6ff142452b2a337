// Lists the largest sales orders of an S/4HANA system, each with its items.
//
//   SAP_URL=https://s4.example.com:44300 SAP_USER=… SAP_PASSWORD=… node large-orders.ts
//
// SAP_URL may be the address of a local sandbox.
import { createSapConnector, gt } from "@isthmus/sap";
import { z } from "zod";

const { SAP_URL: url = "", SAP_USER: username = "", SAP_PASSWORD: password = "" } = process.env;

const sap = createSapConnector({
  authenticationMethod: "basic",
  credentials: { username, password },
  configuration: { url, client: "100", odata: { orders: { path: "/sap/opu/odata/sap/API_SALES_ORDER_SRV" } } },
  // A local sandbox is a private host and plain http: both have to be allowed by its exact address.
  ...(url.startsWith("http://") && { allowedPrivateHosts: [new URL(url).host] }),
});

// A system's own fields come along: what this program reads of a record, it checks.
const orderSchema = z.looseObject({
  SalesOrder: z.string(),
  TotalNetAmount: z.string(),
  TransactionCurrency: z.string(),
  to_Item: z.array(z.looseObject({ Material: z.string(), RequestedQuantity: z.string() })),
});

const account = await sap.connect();
console.log(`Connected to ${account.name}`);

const orders = await sap.odata("orders");
const query = {
  filter: gt("TotalNetAmount", "100000.00"),
  orderBy: [{ field: "TotalNetAmount", descending: true }],
  expand: ["to_Item"],
  top: 3,
};
for await (const { record } of orders.query("A_SalesOrder", query)) {
  const order = orderSchema.parse(record);
  const items = order.to_Item.map(({ Material, RequestedQuantity }) => `${RequestedQuantity} ${Material}`);
  console.log(order.SalesOrder, order.TotalNetAmount, order.TransactionCurrency, items.join(", "));
}

await sap.close();

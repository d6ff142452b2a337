import { createRequire } from "node:module";

/** What of SAP's CAP the tests of the OData model use. It comes without types. */
interface Cds {
  compile(source: unknown): { readonly to: { edmx(options: { readonly version: "v2" | "v4" }): string } };
  readonly odata: { parse(url: string): unknown };
}

const cds: Cds = createRequire(import.meta.url)("@sap/cds");

/** Metadata by SAP's own compiler, of a CDS model with one service. */
export function compileCds(source: string, version: "v2" | "v4"): string {
  return cds.compile(cds.compile(source)).to.edmx({ version });
}

/** A URL as SAP's own OData parser understands it: a query of CAP's. */
export function parseWithCap(url: string): unknown {
  return cds.odata.parse(url);
}

/** Business partners with orders, with a property of each type that CDS knows. */
export const shopModel = `
type Address { street: String(40); city: String }
entity my.Partners {
  key ID: UUID; name: String(81) @title: 'Name'; amount: Decimal(15,2); big: Int64; created: Timestamp; day: Date;
  tod: Time; dt: DateTime; data: LargeBinary; bin: Binary(16); address: Address; tags: array of String;
  status: String enum { open = 'O'; closed = 'C' }; active: Boolean; dbl: Double;
  orders: Composition of many my.Orders on orders.partner = $self
}
entity my.Orders { key ID: Integer; key item: String(10); partner: Association to my.Partners; qty: Integer @readonly }
service S {
  entity Partners as projection on my.Partners
    actions { action block(reason: String) returns Partners; function age() returns Integer };
  @readonly entity Orders as projection on my.Orders;
  action reset(n: Integer);
  function top(n: Integer) returns many Partners
}`;

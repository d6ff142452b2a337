/** An order as somebody asks for it, in ABAP's own form. */
export interface OrderRequest {
  /** `AUART`, such as `TA` (Standard Order). */
  docType: string;
  salesOrganization: string;
  distributionChannel: string;
  division: string;
  /** The customer's own number, 35 characters. */
  purchaseOrder: string;
  /** `YYYYMMDD`; `00000000` where nobody asked for a day. */
  requestedDate: string;
  /** `YYYYMMDD`; `00000000`: today. */
  documentDate: string;
  /** `""`: the materials'. */
  currency: string;
  /** With leading zeros; `""` when there is no such partner. */
  soldTo: string;
  items: readonly OrderItemRequest[];
}

/** One item of it. */
export interface OrderItemRequest {
  /** Six digits; `000000`: the next ten. */
  position: string;
  material: string;
  /** With three decimals. */
  quantity: string;
  /** `""`: the material's. */
  unit: string;
  plant: string;
}

/** The names of the document types that there are, by `AUART`. */
export const docTypes: ReadonlyMap<string, string> = new Map([
  ["TA", "Standard Order"],
  ["RE", "Returns"],
  ["G2", "Credit Memo Request"],
]);

/** The item's number: its own, or the next ten. */
export function positionOf(item: OrderItemRequest, index: number): string {
  return Number(item.position) > 0 ? item.position : String((index + 1) * 10).padStart(6, "0");
}

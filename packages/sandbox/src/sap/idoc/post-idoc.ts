import { type AbapRow, alphaInput, type BusinessData } from "../business-data.js";
import { ConversionError, decimal, fromXml } from "../rfc/abap-types.js";
import type { BapiMessage } from "../rfc/bapi-messages.js";
import { placeOrder } from "../sales/place-order.js";
import type { IdocMessage, IdocSegment } from "./idoc-document.js";

/** What the application said to an IDoc; nothing was changed where the type is `E`. */
export type PostingResult = BapiMessage;

/**
 * Posts an IDoc: ORDERS makes a sales order, MATMAS and DEBMAS write master data.
 *
 * @param user - Who the order is created by.
 */
export function postIdoc(idoc: IdocMessage, business: BusinessData, now: number, user: string): PostingResult {
  switch (idoc.control.MESTYP) {
    case "ORDERS":
      return postOrder(idoc, business, now, user);
    case "MATMAS":
      return postMaterial(idoc, business);
    default:
      return postCustomer(idoc, business);
  }
}

function postOrder(idoc: IdocMessage, business: BusinessData, now: number, user: string): PostingResult {
  const { segments } = idoc;
  const organization = (qualifier: string): string => qualified(segments, "E1EDK14", "QUALF", qualifier)?.ORGID ?? "";
  const soldTo = qualified(segments, "E1EDKA1", "PARVW", "AG")?.PARTN ?? "";
  const header = segments.find(({ name }) => name === "E1EDK01")?.fields ?? {};
  const purchaseOrder = qualified(segments, "E1EDK02", "QUALF", "001")?.BELNR ?? header.BELNR ?? "";
  let items: ReturnType<typeof readItem>[];
  try {
    items = segments.filter(({ name }) => name === "E1EDP01").map(readItem);
  } catch (error) {
    if (error instanceof ConversionError) return { type: "E", id: "VG", number: "140", text: error.message };
    throw error;
  }
  // Where the IDoc names no sales area, SAP finds it by the partner (transaction VOE2); here it is the only one there is.
  const { messages, order } = placeOrder(
    {
      docType: organization("012") || "TA",
      salesOrganization: organization("008") || "1000",
      distributionChannel: organization("007") || "10",
      division: organization("006") || "00",
      purchaseOrder,
      requestedDate: qualified(segments, "E1EDK03", "IDDAT", "002")?.DATUM ?? "00000000",
      documentDate: qualified(segments, "E1EDK03", "IDDAT", "012")?.DATUM ?? "00000000",
      currency: header.CURCY ?? "",
      soldTo: alphaInput(soldTo, 10),
      items,
    },
    business,
    { now, user, testRun: false },
  );
  const error = messages.findLast(({ type, number }) => type === "E" && number !== "219");
  if (order === undefined)
    return error ?? { type: "E", id: "V4", number: "219", text: "Sales document was not created" };
  business.salesOrders.add(order);
  const text = messages.at(-1)?.text ?? "";
  return { type: "S", id: "V1", number: "311", text };
}

function readItem({ fields, children }: IdocSegment) {
  // 002 is the supplier's number, which is this system's own; 001 is the customer's, taken for it here.
  const material = (qualifier: string): string => qualified(children, "E1EDP19", "QUALF", qualifier)?.IDTNR ?? "";
  return {
    position: (fields.POSEX ?? "").padStart(6, "0"),
    material: alphaInput(material("002") || material("001"), 18),
    quantity: fromXml(decimal(15, 3), fields.MENGE ?? ""),
    unit: fields.MENEE ?? "",
    plant: fields.WERKS ?? "",
  };
}

function postMaterial({ segments }: IdocMessage, business: BusinessData): PostingResult {
  const root = segments[0];
  const number = alphaInput(root?.fields.MATNR_LONG || root?.fields.MATNR || "", 18);
  if (root === undefined || number === "") {
    return { type: "E", id: "M3", number: "180", text: "Enter a material number", field: "MATNR" };
  }
  const text = root.children.find(({ name, fields }) => name === "E1MAKTM" && fields.SPRAS_ISO !== "DE")?.fields.MAKTX;
  const names = ["MTART", "MBRSH", "MATKL", "MEINS", "BRGEW", "NTGEW", "GEWEI"];
  business.materials.save({ ...pick(root.fields, names), MATNR: number, ...(text !== undefined && { MAKTX: text }) });
  return { type: "S", id: "M3", number: "801", text: `Material ${number.replace(/^0+/, "")} created or extended` };
}

function postCustomer({ segments }: IdocMessage, business: BusinessData): PostingResult {
  const given = segments[0]?.fields ?? {};
  const number = alphaInput(given.KUNNR ?? "", 10);
  if (number === "") return { type: "E", id: "F2", number: "150", text: "Enter a customer number", field: "KUNNR" };
  const names = [
    ...["NAME1", "NAME2", "STRAS", "PSTLZ", "ORT01", "REGIO", "LAND1", "SPRAS"],
    ...["TELF1", "TELFX", "KTOKD", "AUFSD", "LOEVM", "STCEG"],
  ];
  business.customers.save({ ...pick(given, names), KUNNR: number });
  return {
    type: "S",
    id: "F2",
    number: "056",
    text: `Changes have been made to customer ${number.replace(/^0+/, "")}`,
  };
}

function qualified(
  segments: readonly IdocSegment[],
  name: string,
  field: string,
  qualifier: string,
): AbapRow | undefined {
  return segments.find((segment) => segment.name === name && segment.fields[field] === qualifier)?.fields;
}

function pick(row: AbapRow, names: readonly string[]): AbapRow {
  return Object.fromEntries(names.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]])));
}

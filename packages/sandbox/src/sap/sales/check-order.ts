import type { BusinessData } from "../business-data.js";
import type { BapiMessage } from "../rfc/bapi-messages.js";
import { docTypes, type OrderRequest, positionOf } from "./order-request.js";

/** What SAP says to a request: of the header, and where that is sound, of each item. */
export function checkOrder(request: OrderRequest, business: BusinessData): BapiMessage[] {
  const header = checkHeader(request, business);
  return header.some(({ type }) => type === "E") ? header : [...header, ...checkItems(request, business)];
}

function checkHeader(request: OrderRequest, business: BusinessData): BapiMessage[] {
  const parameter = "SALES_HEADER_IN";
  const processed = success("SALES_HEADER_IN", "VBAKKOM");
  if (!docTypes.has(request.docType)) {
    const text = `Sales document type ${request.docType} is not defined`;
    const error = { type: "E", id: "V1", number: "312", text, variables: [request.docType], parameter };
    return [errorIn("SALES_HEADER_IN", "000000"), error];
  }
  const area = [request.salesOrganization, request.distributionChannel, request.division];
  if (area.includes("")) {
    const text = `Sales area ${area.join(" ")} is not defined`;
    return [
      errorIn("SALES_HEADER_IN", "000000"),
      { type: "E", id: "V1", number: "316", text, variables: area, parameter },
    ];
  }
  if (request.soldTo === "") {
    const text = "Please enter sold-to party or ship-to party";
    return [processed, { type: "E", id: "V1", number: "384", text, parameter: "ORDER_PARTNERS" }];
  }
  const customer = business.customers.find(request.soldTo);
  if (customer === undefined) {
    const text = `Sold-to party ${request.soldTo} not maintained for sales area ${area.join(" ")}`;
    const variables = [request.soldTo, ...area];
    return [processed, { type: "E", id: "VP", number: "112", text, variables, parameter: "ORDER_PARTNERS" }];
  }
  if ((customer.AUFSD ?? "") === "") return [processed];
  const text = `Customer ${request.soldTo} is blocked for order processing`;
  return [processed, { type: "E", id: "V1", number: "156", text, variables: [request.soldTo] }];
}

function checkItems(request: OrderRequest, business: BusinessData): BapiMessage[] {
  return request.items.flatMap((item, index) => {
    const position = positionOf(item, index);
    const place = { parameter: "SALES_ITEM_IN", row: index + 1 };
    if (business.materials.find(item.material) === undefined) {
      const area = [request.salesOrganization, request.distributionChannel];
      const text = `Material ${item.material} is not defined for sales org.${area[0]}, distrib.chan.${area[1]}, language EN`;
      const variables = [item.material, ...area, "EN"];
      return [
        errorIn("SALES_ITEM_IN", position),
        { type: "E", id: "V1", number: "302", text, variables, ...place, field: "MATERIAL" },
      ];
    }
    const done = success("SALES_ITEM_IN", "VBAPKOM", index + 1);
    if (Number(item.quantity) > 0) return [done];
    return [done, { type: "W", id: "V1", number: "402", text: `Item ${position} has no quantity`, ...place }];
  });
}

function success(parameter: string, structure: string, row = 0): BapiMessage {
  const text = `${parameter} has been processed successfully`;
  return { type: "S", id: "V4", number: "233", text, variables: [structure], parameter, row };
}

function errorIn(parameter: string, position: string): BapiMessage {
  const text = `Error in ${parameter} ${position}`;
  return { type: "E", id: "V4", number: "248", text, variables: [parameter, position], parameter };
}

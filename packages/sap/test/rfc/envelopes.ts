import { functions } from "./wsdl.js";

/** A SOAP body as an AS ABAP sends it. */
export function envelope(body: string): string {
  const soap = "http://schemas.xmlsoap.org/soap/envelope/";
  return `<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="${soap}"><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>`;
}

/** The answer of a module. */
export function answerOf(name: string, values = ""): string {
  return envelope(`<rfc:${name}.Response xmlns:rfc="${functions}">${values}</rfc:${name}.Response>`);
}

/** A fault as the SOAP runtime sends it: the cause is in the detail. */
export function faultOf(type: string, message: string, faultString = "Internal Server Error"): string {
  const error = `<rfc:Error xmlns:rfc="urn:sap-com:document:sap:soap:functions"><type>${type}</type><message>${message}</message></rfc:Error>`;
  return envelope(
    `<SOAP-ENV:Fault><faultcode>SOAP-ENV:Client</faultcode><faultstring>${faultString}</faultstring><detail>${error}</detail></SOAP-ENV:Fault>`,
  );
}

/** A row of RETURN, as BAPIRET2. */
export function message(type: string, id: string, number: string, words: string): string {
  return `<TYPE>${type}</TYPE><ID>${id}</ID><NUMBER>${number}</NUMBER><MESSAGE>${words}</MESSAGE>`;
}

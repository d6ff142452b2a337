import { createServer } from "node:http";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { listen, modulesAt } from "./harness.js";
import { bapiret2, char, numc, table, typed, wsdlOf } from "./wsdl.js";

const name = "BAPI_SALESORDER_GETLIST";
const wsdl = wsdlOf({
  name,
  types: bapiret2,
  input: [numc("CUSTOMER_NUMBER", 10), char("SALES_ORGANIZATION", 4), table("RETURN", "s0:BAPIRET2")].join(""),
  output: [typed("COUNT", "xsd:int"), char("ECHO", 10), table("RETURN", "s0:BAPIRET2")].join(""),
});

/** A SOAP server that nobody here wrote: strong-soap's own. */
async function startServer(answer: (parameters: Record<string, unknown>) => object, prettyResponse = false) {
  const { soap } = createRequire(import.meta.url)("strong-soap");
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/sap/bc/soap/wsdl?services="))
      response.setHeader("content-type", "text/xml").end(wsdl);
    else response.writeHead(404).end();
  });
  const services = { [`${name}Service`]: { [`${name}PortType`]: { [name]: answer } } };
  const soapServer = soap.listen(server, { path: "/sap/bc/soap/rfc", services, xml: wsdl, prettyResponse });
  const envelopes: string[] = [];
  soapServer.log = (type: string, data: string) => {
    if (type === "received") envelopes.push(data);
  };
  const origin = await listen(server);
  return { origin, envelopes };
}

describe("a call to strong-soap's own server", () => {
  it("goes there and comes back by the types of the WSDL", async () => {
    const { origin, envelopes } = await startServer(({ CUSTOMER_NUMBER }) => ({
      COUNT: 2,
      ECHO: CUSTOMER_NUMBER,
      RETURN: { item: [{ TYPE: "S", ID: "V4", NUMBER: "233", MESSAGE: "Found" }] },
    }));
    const modules = modulesAt(origin);
    const result = await modules.call(
      name,
      { CUSTOMER_NUMBER: "1032", SALES_ORGANIZATION: "1000" },
      { idempotent: true },
    );
    expect(result).toEqual({
      values: {
        COUNT: 2,
        ECHO: "0000001032",
        RETURN: [{ TYPE: "S", ID: "V4", NUMBER: "233", MESSAGE: "Found" }],
      },
      messages: [{ severity: "success", code: "V4/233", message: "Found" }],
    });
    expect(envelopes[0]).toContain("<RETURN/>");
  });

  it("is read though the answer is indented, and a text is escaped on both ways", async () => {
    const { origin } = await startServer(({ SALES_ORGANIZATION }) => ({ ECHO: SALES_ORGANIZATION }), true);
    const { values } = await modulesAt(origin).call(name, { SALES_ORGANIZATION: '<&>"' });
    expect(values).toEqual({ ECHO: '<&>"', RETURN: [] });
  });

  it("is an error with its fault", async () => {
    const { origin } = await startServer(() => {
      throw { Fault: { faultcode: "SOAP-ENV:Client", faultstring: "RFC_ERROR_LOGON_FAILURE: No", statusCode: 500 } };
    });
    await expect(modulesAt(origin).call(name)).rejects.toMatchObject({
      code: "AUTHENTICATION_FAILED",
      vendor: { code: "RFC_ERROR_LOGON_FAILURE", status: 500 },
    });
  });
});

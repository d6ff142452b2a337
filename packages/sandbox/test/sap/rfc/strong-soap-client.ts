import { createRequire } from "node:module";
import { authorization, type RfcServer } from "./rfc-server.js";

/** What a call by strong-soap comes to. */
export interface SoapResult {
  result: Record<string, unknown>;
  /** The answer's whole text, before strong-soap makes objects of it. */
  envelope: string;
}

type Callback = (error: Error | null, result: Record<string, unknown>, envelope: string) => void;

interface StrongSoapClient {
  addHttpHeader(name: string, value: string): void;
  [operation: string]: unknown;
}

interface StrongSoap {
  createClient(
    url: string,
    options: Record<string, unknown>,
    callback: (error: Error | null, client: StrongSoapClient) => void,
  ): void;
}

// The package has no types; its require gives what is described above.
const { soap }: { soap: StrongSoap } = createRequire(import.meta.url)("strong-soap");

/** Makes strong-soap's client from the WSDL of a function module and calls it once. */
export async function callByStrongSoap(
  server: Pick<RfcServer, "url">,
  name: string,
  parameters: Record<string, unknown>,
  wsdl = `/sap/bc/soap/wsdl?sap-client=100&services=${name}`,
): Promise<SoapResult> {
  const client = await new Promise<StrongSoapClient>((resolve, reject) => {
    const options = { wsdl_headers: { authorization }, WSDL_CACHE: {} };
    soap.createClient(`${server.url}${wsdl}`, options, (error, made) =>
      error === null || error === undefined ? resolve(made) : reject(error),
    );
  });
  client.addHttpHeader("authorization", authorization);
  const operation = client[name];
  if (typeof operation !== "function") throw new Error(`The WSDL has no operation ${name}.`);
  return new Promise((resolve, reject) => {
    const callback: Callback = (error, result, envelope) => (error ? reject(error) : resolve({ result, envelope }));
    operation.call(client, parameters, callback);
  });
}

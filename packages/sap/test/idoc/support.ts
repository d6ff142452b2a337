import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type Clock, createTransport, type Transport } from "@isthmus/core";
import type { SapHttp, SapRequest } from "../../src/http/sap-http.js";
import type { IdocPartners } from "../../src/idoc/control-record.js";
import type { IdocDraft } from "../../src/idoc/idoc.js";
import type { IdocSchema } from "../../src/idoc/schema/idoc-schema.js";
import { readIdocSchema } from "../../src/idoc/schema/read-idoc-schema.js";

/** 22 November 2026, 10:15:30.123 UTC. */
export const clock: Clock = { now: () => Date.UTC(2026, 10, 22, 10, 15, 30, 123), sleep: async () => undefined };

export const partners: IdocPartners = {
  SNDPOR: "ISTHMUS",
  SNDPRN: "ISTHMUS",
  RCVPOR: "SAPS4H",
  RCVPRN: "S4HCLNT100",
};

/** A file of the folder `fixtures`. */
export function fixture(name: string): Buffer {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url));
}

/** The schema of an IDoc type. */
export function schemaOf(name: "ORDERS05" | "MATMAS05" | "DEBMAS07"): IdocSchema {
  return readIdocSchema(fixture(`${name}.xsd`));
}

/** An order with one item. */
export function order(changes: Partial<IdocDraft> = {}): IdocDraft {
  return {
    control: { IDOCTYP: "ORDERS05", MESTYP: "ORDERS" },
    segments: [
      { name: "E1EDK01", fields: { CURCY: "EUR", BELNR: "PO-1" } },
      { name: "E1EDP01", fields: { POSEX: "000010" }, segments: [{ name: "E1EDP19", fields: { QUALF: "002" } }] },
    ],
    ...changes,
  };
}

/** A request that arrived. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A system on loopback that answers as it is told. */
export interface StubSystem extends AsyncDisposable {
  readonly http: SapHttp;
  readonly requests: readonly ReceivedRequest[];
}

/** Starts it. `sap-client=100` is added as the connector's own seam does. */
export async function startSystem(
  answer: (response: ServerResponse, request: ReceivedRequest) => void,
): Promise<StubSystem> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((incoming, response) => {
    void text(incoming).then((body) => {
      const received = { method: incoming.method ?? "", url: incoming.url ?? "", headers: incoming.headers, body };
      requests.push(received);
      answer(response, received);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const transport = createTransport({
    allowedHosts: [],
    allowedPrivateHosts: [`127.0.0.1:${port}`],
    clock,
  });
  return {
    http: toSapHttp(transport, `http://127.0.0.1:${port}`),
    requests,
    async [Symbol.asyncDispose]() {
      await transport.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function toSapHttp(transport: Transport, origin: string): SapHttp {
  const place = ({ path, csrfRoot: _csrfRoot, ...request }: SapRequest) => ({
    ...request,
    url: `${origin}${path}${path.includes("?") ? "&" : "?"}sap-client=100`,
  });
  return {
    request: (request) => transport.request(place(request)),
    stream: (request) => transport.stream(place(request)),
    refuseLogon: () => undefined,
  };
}

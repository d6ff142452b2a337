import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock, systemRandom } from "@isthmus/core";
import { ODataService } from "../../src/odata/client/odata-service.js";
import type { ODataParts } from "../../src/odata/client/parts.js";
import { createCodec } from "../../src/odata/codec.js";
import type { ODataModel } from "../../src/odata/model.js";
import { plainSapHttp } from "./plain-sap-http.js";

/** A request as it arrived. */
export interface StubRequest {
  readonly method: string;
  /** Below the service's root, decoded. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** What the stub answers. A text is sent as it is, anything else as JSON. `destroy`: the connection ends without an answer. */
export type StubAnswer =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | "destroy";

/** A server that says what a test tells it to, for what no server by SAP does. */
export interface StubSap {
  readonly url: string;
  readonly requests: StubRequest[];
  /** The next answers, one for each request. */
  readonly answers: StubAnswer[];
  /** Answers once `answers` is empty. */
  handle: (request: StubRequest) => StubAnswer;
  service(model: ODataModel, parts?: Partial<ODataParts>): ODataService;
  close(): Promise<void>;
}

const root = "/sap/opu/odata/sap/SHOP/";

/** Starts one on a free port of this machine. */
export async function startStubSap(): Promise<StubSap> {
  const server = createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = plainSapHttp(url);
  const stub: StubSap = {
    url,
    requests: [],
    answers: [],
    handle: () => ({ status: 500, body: "The test expected no further request." }),
    service: (model, parts = {}) =>
      new ODataService({
        http,
        origin: url,
        root,
        model,
        codec: createCodec(model),
        clock: systemClock,
        random: systemRandom,
        ...parts,
      }),
    async close() {
      await http.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return stub;

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    const { method = "", headers } = request;
    const path = decodeURIComponent((request.url ?? "").slice(root.length));
    const received = { method, path, headers, body };
    stub.requests.push(received);
    const answer = stub.answers.shift() ?? stub.handle(received);
    if (answer === "destroy") return void request.socket.destroy();
    const isText = typeof answer.body === "string" || Buffer.isBuffer(answer.body);
    const type = isText ? {} : { "content-type": "application/json" };
    response.writeHead(answer.status ?? 200, { ...type, ...answer.headers });
    response.end(isText ? answer.body : answer.body === undefined ? undefined : JSON.stringify(answer.body));
  }
}

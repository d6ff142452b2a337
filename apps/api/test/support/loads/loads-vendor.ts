import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A load at the vendor. */
export interface VendorLoad {
  readonly id: string;
  /** How often it was looked at since its rows are there. */
  looks: number;
  rows: string | undefined;
  state: "open" | "working" | "done" | "aborted";
}

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A vendor that loads rows in jobs: made, filled, looked at until they are done, or aborted. */
export interface LoadsVendor {
  /** Origin. */
  readonly url: string;
  readonly host: string;
  /** Requests so far: method and path. */
  readonly requests: string[];
  readonly loads: VendorLoad[];
  /** Looks at a load until it is done. Default 2. */
  looksNeeded: number;
  /** Answers the next request that begins so, in place of the vendor. */
  once(begins: string, answer: Answer): void;
  /** Resolves when the vendor is asked for what begins so, from now on. */
  asked(begins: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts it on a free port of this machine. */
export async function startLoadsVendor(): Promise<LoadsVendor> {
  const loads: VendorLoad[] = [];
  const requests: string[] = [];
  const scripted: { readonly begins: string; readonly answer: Answer }[] = [];
  const waiting: { readonly begins: string; readonly resolve: () => void }[] = [];

  const answerJson = (response: ServerResponse, status: number, body: object) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const [, , id, part] = (request.url ?? "").split("/");
    const body = await text(request);
    if (request.method === "POST" && id === undefined) {
      const load: VendorLoad = { id: `load-${loads.length + 1}`, looks: 0, rows: undefined, state: "open" };
      loads.push(load);
      return answerJson(response, 201, { id: load.id });
    }
    const load = loads.find((each) => each.id === id);
    if (load === undefined) return answerJson(response, 404, {});
    if (part === "rows") {
      load.rows = body;
      load.state = "working";
    } else if (part === "abort") {
      if (load.state !== "done") load.state = "aborted";
    } else if (load.state === "working") {
      load.looks += 1;
      if (load.looks >= vendor.looksNeeded) load.state = "done";
    }
    const total = load.rows?.split("\n").length ?? 0;
    const processed = load.state === "done" ? total : 0;
    return answerJson(response, 200, { state: load.state, processed, total });
  };

  const server = createServer((request, response) => {
    const line = `${request.method} ${request.url}`;
    requests.push(line);
    for (const each of waiting.splice(0)) {
      if (line.startsWith(each.begins)) each.resolve();
      else waiting.push(each);
    }
    request.on("error", () => undefined);
    const index = scripted.findIndex(({ begins }) => line.startsWith(begins));
    const [found] = index === -1 ? [] : scripted.splice(index, 1);
    if (found) found.answer(request, response);
    // A caller that died in the middle of its body leaves nothing to answer.
    else handle(request, response).catch(() => response.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const vendor: LoadsVendor = {
    url: `http://${host}`,
    host,
    requests,
    loads,
    looksNeeded: 2,
    once: (begins, answer) => void scripted.push({ begins, answer }),
    asked: (begins) => new Promise((resolve) => waiting.push({ begins, resolve })),
    close: async () => {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
  return vendor;
}

import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { listenOnLoopback } from "./listen.js";

/** A request as the token server saw it. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly form: URLSearchParams;
}

/** How the next request is answered. */
export type Answer =
  | { readonly status?: number; readonly json: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  /** `reset`: the connection is cut without an answer. `cut`: in the middle of one. `hang`: no answer at all. */
  | { readonly fault: "reset" | "cut" | "hang" };

/** A token endpoint on loopback that answers as its script says, one entry for each request; the last one stays. */
export interface TokenServer extends AsyncDisposable {
  readonly origin: string;
  readonly seen: SeenRequest[];
  script: (Answer | ((request: SeenRequest) => Answer | Promise<Answer>))[];
}

/** Starts a {@link TokenServer}. */
export async function startTokenServer(...script: TokenServer["script"]): Promise<TokenServer> {
  const seen: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const seenNow = { path: request.url ?? "", headers: request.headers, form: new URLSearchParams(body) };
    seen.push(seenNow);
    const next = tokenServer.script.length > 1 ? tokenServer.script.shift() : tokenServer.script[0];
    if (next === undefined) throw new Error("The token server has no script");
    reply(response, typeof next === "function" ? await next(seenNow) : next);
  });
  const { origin, close } = await listenOnLoopback(server);
  const tokenServer = { origin, seen, script, [Symbol.asyncDispose]: close };
  return tokenServer;
}

function reply(response: ServerResponse, answer: Answer): void {
  if ("fault" in answer) {
    if (answer.fault === "hang") return;
    if (answer.fault === "reset") response.destroy();
    else {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"access_token":"half-a-tok', () => response.destroy());
    }
    return;
  }
  const isJson = "json" in answer;
  const contentType = isJson ? "application/json" : "text/html";
  response.writeHead(answer.status ?? 200, { "content-type": contentType, ...answer.headers });
  response.end(isJson ? JSON.stringify(answer.json) : answer.body);
}

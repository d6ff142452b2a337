import { createServer } from "node:http";
import { FakeClock } from "@isthmus/testkit";
import { afterEach } from "vitest";
import { createQuickbooksConnector, type QuickbooksOptions } from "../src/index.js";

/** A request as Intuit saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What Intuit answers; `cut` ends the connection after the request has arrived. */
export type StubAnswer =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body: unknown }
  | "cut";

/**
 * The least of an Intuit: grants tokens and answers whatever a test says, in turn; the last answer again and again. For faults
 * to the byte, which the sandbox does not play.
 */
export async function startStubIntuit(...answers: readonly [StubAnswer, ...StubAnswer[]]) {
  const requests: SeenRequest[] = [];
  const clock = new FakeClock();
  let grants = 0;
  const server = createServer(async (request, response) => {
    clock.hold();
    response.once("close", () => clock.release());
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const url = new URL(request.url ?? "", "http://stub");
    if (url.pathname === "/oauth2/v1/tokens/bearer") {
      grants += 1;
      const grant = {
        access_token: `token-${grants}`,
        refresh_token: "refresh",
        token_type: "bearer",
        expires_in: 3600,
      };
      response.setHeader("content-type", "application/json").end(JSON.stringify(grant));
      return;
    }
    const answer = answers[Math.min(requests.length, answers.length - 1)] ?? "cut";
    const { method = "", headers } = request;
    requests.push({
      method,
      path: url.pathname,
      query: url.searchParams,
      headers,
      body: Buffer.concat(chunks).toString(),
    });
    if (answer === "cut") {
      request.socket.destroy();
      return;
    }
    const { status = 200, headers: sent = {}, body } = answer;
    response.writeHead(status, { "content-type": "application/json", intuit_tid: "1-abc", ...sent });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  const url = `http://127.0.0.1:${address.port}`;
  const connect = (options: Partial<QuickbooksOptions> = {}) =>
    createQuickbooksConnector({
      clientId: "client",
      clientSecret: "secret",
      realmId: "4620816365",
      refreshToken: "refresh",
      apiUrl: url,
      allowedPrivateHosts: [new URL(url).host],
      clock,
      ...options,
    });
  const connector = connect();
  return {
    url,
    clock,
    requests,
    connector,
    connect,
    close: async () => {
      await connector.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Starts stubs for the tests of a file, and closes them after each. */
export function useStubs(): typeof startStubIntuit {
  const open: Awaited<ReturnType<typeof startStubIntuit>>[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((stub) => stub.close()));
  });
  return async (...answers) => {
    const stub = await startStubIntuit(...answers);
    open.push(stub);
    return stub;
  };
}

/** A running stub. */
export type StubIntuit = Awaited<ReturnType<typeof startStubIntuit>>;

/** A fault as the API writes it. */
export function faultOf(code: string, message = "Words", type = "ValidationFault") {
  return { Fault: { Error: [{ Message: message, Detail: `${message}: details of a customer`, code }], type } };
}

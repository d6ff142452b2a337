import { createServer } from "node:http";

/** A request as the instance saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What the instance answers. */
export interface StubAnswer {
  readonly status: number;
  readonly contentType?: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The least of a Salesforce that grants tokens (`token-1`, `token-2`, …) and answers whatever a test says: for what the
 * sandbox does not play, such as SOAP and bulk. `grant` changes what the token response says. An address that ends in `/cut` cuts the connection when a body begins.
 */
export async function startStubInstance(
  answer: (request: SeenRequest) => StubAnswer,
  grant: (count: number) => Readonly<Record<string, unknown>> = () => ({}),
) {
  const requests: SeenRequest[] = [];
  let grants = 0;
  const server = createServer(async (request, response) => {
    if (request.url?.endsWith("/cut")) {
      request.once("data", () => request.socket.destroy());
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const { method = "", url = "", headers } = request;
    const seen = { method, url, headers, body: Buffer.concat(chunks).toString() };
    if (url === "/services/oauth2/token") {
      grants += 1;
      const origin = `http://${headers.host}`;
      const token = {
        access_token: `token-${grants}`,
        token_type: "Bearer",
        instance_url: origin,
        id: `${origin}/id/1/2`,
        ...grant(grants),
      };
      response.setHeader("content-type", "application/json").end(JSON.stringify(token));
      return;
    }
    requests.push(seen);
    const { status, contentType = "application/json", body, headers: more } = answer(seen);
    response.writeHead(status, { "content-type": contentType, ...more }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

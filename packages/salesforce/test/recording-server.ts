import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server at another address that notes everything that reaches it. */
export interface RecordingServer {
  readonly url: string;
  /** What came, with headers. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Starts a {@link RecordingServer} on a free port of this machine. */
export async function startRecordingServer(): Promise<RecordingServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port }: AddressInfo = { ...addressOf(server.address()) };
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address;
}

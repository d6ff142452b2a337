import { createTransport, type Transport } from "@isthmus/core";
import type { SapHttp, SapRequest } from "../../src/http/sap-http.js";

/** A {@link SapHttp} without logon, cookies and CSRF token, and what went through it. */
export interface PlainSapHttp extends SapHttp {
  readonly requests: readonly SapRequest[];
  close(): Promise<void>;
}

/** @param url - Of a server on this machine. */
export function plainSapHttp(url: string): PlainSapHttp {
  const transport: Transport = createTransport({
    allowedHosts: [],
    allowedPrivateHosts: [new URL(url).host],
    retry: { baseMs: 1, maxAttempts: 2 },
  });
  const requests: SapRequest[] = [];
  const toRequest = (request: SapRequest) => {
    requests.push(request);
    const { path, csrfRoot: _csrfRoot, ...rest } = request;
    return { ...rest, url: new URL(path, url).href };
  };
  return {
    requests,
    request: (request) => transport.request(toRequest(request)),
    stream: (request) => transport.stream(toRequest(request)),
    refuseLogon: () => undefined,
    close: () => transport.close(),
  };
}

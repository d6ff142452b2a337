import type { ODataCall } from "../call.js";

/** A part as a request of its own: relative to the service, to the host, or absolute. */
export function partCall(
  call: ODataCall,
  part: { method: string; url: string; headers: Record<string, string>; body: string },
  created: ReadonlyMap<string, string>,
): ODataCall {
  const { service } = call;
  const cut = part.url.indexOf("?");
  const whole = cut < 0 ? part.url : part.url.slice(0, cut);
  const path = whole.replace(/^https?:\/\/[^/]+/, "");
  const below = path.startsWith(service.root) ? path.slice(service.root.length) : path.replace(/^\//, "");
  const resolved = below.replace(/^\$([^/?]+)/, (all, id: string) => created.get(id) ?? all);
  return {
    ...call,
    method: part.headers["x-http-method"]?.toUpperCase() ?? part.method,
    path: resolved,
    query: new URLSearchParams(cut < 0 ? "" : part.url.slice(cut + 1)),
    headers: { accept: call.service.version === "2.0" ? undefined : call.headers.accept, ...part.headers },
    body: part.body,
  };
}

/** v2 answers every part; v4 stops at the first that fails, unless the caller prefers otherwise. */
export function goesOn({ service, headers }: ODataCall): boolean {
  return service.version === "2.0" || /(?:odata\.)?continue-on-error(?!=false)/.test(headers.prefer ?? "");
}

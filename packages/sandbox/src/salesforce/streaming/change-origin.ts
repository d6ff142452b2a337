import { AsyncLocalStorage } from "node:async_hooks";
import type { FastifyRequest } from "fastify";

const origins = new AsyncLocalStorage<string>();

/** Runs the rest of a request so that what it changes is known to come from it. */
export function withOrigin(request: FastifyRequest, rest: () => void): void {
  const client = /client=([^,;\s]+)/i.exec(String(request.headers["sforce-call-options"] ?? ""))?.[1];
  const origin = `com/salesforce/api/rest/${request.salesforceVersion}.0`;
  origins.run(client === undefined ? origin : `${origin};client=${client}`, rest);
}

/** Which API and which client of it makes the change at hand; empty when it is none. */
export function currentOrigin(): string {
  return origins.getStore() ?? "";
}

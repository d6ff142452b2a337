import { codeOf, type TransportResponse } from "@isthmus/core";
import { mapSapFailure } from "../errors/map-sap-failure.js";
import type { SapRequest } from "../http/sap-http.js";

/** How a token is asked for: without a token of its own, in the session whose cookies belong to it. */
export type SendPlain = (request: SapRequest) => Promise<TransportResponse>;

/**
 * The CSRF tokens of one session, one for each service.
 * @see https://help.sap.com/docs/ABAP_PLATFORM_NEW/68bf513362174d54b58cddec28794093/b35c22518bc72214e10000000a44176d.html
 */
export class CsrfTokens {
  readonly #send: SendPlain;
  readonly #now: () => number;
  readonly #byRoot = new Map<string, Promise<string | undefined>>();

  constructor(send: SendPlain, now: () => number) {
    this.#send = send;
    this.#now = now;
  }

  /** The service's token; `undefined` for a service that gives none, which is remembered. Many callers cause one request. */
  async get(root: string, signal?: AbortSignal): Promise<string | undefined> {
    const known = this.#byRoot.get(root);
    if (!known) return this.#begin(root, signal);
    try {
      return await known;
    } catch (error) {
      // It ended because the caller for whom it was begun gave up: that is no answer to this one.
      if (codeOf(error) !== "CANCELLED" || signal?.aborted) throw error;
      return this.get(root, signal);
    }
  }

  #begin(root: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    const fetching = this.#fetch(root, signal);
    this.#byRoot.set(root, fetching);
    fetching.catch(() => {
      if (this.#byRoot.get(root) === fetching) this.#byRoot.delete(root);
    });
    return fetching;
  }

  /** Another token than `refused`, which may be there already. */
  async renew(root: string, refused: string | undefined, signal?: AbortSignal): Promise<string | undefined> {
    const known = this.#byRoot.get(root);
    if (known && (await known.catch(() => undefined)) === refused && this.#byRoot.get(root) === known) {
      this.#byRoot.delete(root);
    }
    return this.get(root, signal);
  }

  async #fetch(root: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    // Some systems give a token only for a path that ends in a slash, and not all answer HEAD.
    const path = root.endsWith("/") ? root : `${root}/`;
    const headers = { "x-csrf-token": "Fetch", accept: "application/json, */*;q=0.5" };
    const ask = (method: "HEAD" | "GET") =>
      this.#send({ method, path, headers, name: "csrf.fetch", ...(signal && { signal }) });
    const brief = await ask("HEAD");
    const token = readToken(brief);
    if (token !== undefined) return token;
    const full = await ask("GET");
    if (full.status >= 400) throw mapSapFailure(full, { method: "GET", name: "csrf.fetch" }, undefined, this.#now());
    return readToken(full);
  }
}

/** Whether an answer says that the token is missing or stale. Any other 403 is about authorisation. */
export function isCsrfRefusal({ status, headers }: Pick<TransportResponse, "status" | "headers">): boolean {
  return status === 403 && /^required$/i.test(String(headers["x-csrf-token"] ?? "").trim());
}

function readToken({ headers }: TransportResponse): string | undefined {
  const value = [headers["x-csrf-token"] ?? []].flat()[0]?.trim();
  return value === undefined || value === "" || /^(required|fetch)$/i.test(value) ? undefined : value;
}

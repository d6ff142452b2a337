import type { ResponseHeaders } from "@isthmus/core";
import { CookieJar } from "tough-cookie";

/** Cookies that tie a request to a context in the system's memory (stateful): no two requests may be in one at a time. */
const contextCookie = /^sap-contextid$/i;

/** The cookies of one session with one system: every URL is of its origin. */
export class SessionCookies {
  readonly #jar = new CookieJar(undefined, { rejectPublicSuffixes: false });
  readonly #isStateful: boolean;
  /** The header while it is the same for every path and at any time; empty for no cookies. */
  #constant: string | undefined;

  /** @param isStateful - Whether this session has its context to itself; only then is the cookie of one kept. */
  constructor(isStateful: boolean) {
    this.#isStateful = isStateful;
  }

  /** For the `Cookie` header; `undefined` when there are none. */
  headerFor(url: string): string | undefined {
    if (this.#constant !== undefined) return this.#constant || undefined;
    const header = this.#jar.getCookieStringSync(url);
    // SAP's cookies mostly are for the whole host and the whole session. The jar would look through them for each request anew.
    const all = this.#jar.getCookiesSync(url, { allPaths: true });
    if (all.every(({ path, maxAge, expires }) => path === "/" && maxAge === null && expires === "Infinity")) {
      this.#constant = header;
    }
    return header || undefined;
  }

  /** Takes over what an answer sets. One that is malformed or for another host is left out, as browsers do. */
  accept(url: string, headers: ResponseHeaders): void {
    for (const text of [headers["set-cookie"] ?? []].flat()) {
      if (!this.#isStateful && contextCookie.test(text.split("=", 1)[0]?.trim() ?? "")) continue;
      this.#constant = undefined;
      this.#jar.setCookieSync(text, url, { ignoreError: true });
    }
  }

  /** Value of the cookie that ties requests to a context; `undefined` when there is none. */
  contextId(url: string): string | undefined {
    // Asked for with each request, and the jar looks through all that it has.
    if (!this.#isStateful) return undefined;
    return this.#jar.getCookiesSync(url, { allPaths: true }).find(({ key }) => contextCookie.test(key))?.value;
  }

  /** Names of the host's cookies, which name the system too: `SAP_SESSIONID_S4H_100`. */
  names(url: string): readonly string[] {
    return this.#jar.getCookiesSync(url, { allPaths: true }).map(({ key }) => key);
  }
}

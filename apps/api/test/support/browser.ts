/** Where a browser has arrived. */
export interface Visit {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** As much of a browser as an authorisation needs: cookies by origin and path, and redirects one after the other. */
export class TestBrowser {
  readonly #cookies = new Map<string, { origin: string; name: string; value: string; path: string }>();

  /** Every Set-Cookie header that was seen. */
  readonly setCookies: string[] = [];

  /** Opens one address without following a redirect. */
  async open(url: string): Promise<Visit> {
    const target = new URL(url);
    const cookie = [...this.#cookies.values()]
      .filter(({ origin, path }) => origin === target.origin && target.pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
    const response = await fetch(url, { redirect: "manual", headers: cookie === "" ? {} : { cookie } });
    for (const line of response.headers.getSetCookie()) {
      this.setCookies.push(line);
      this.keep(target.origin, line);
    }
    return { url, status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Opens an address and follows redirects, until `until` says that this one is not to be opened any more. */
  async follow(url: string, until: (next: string) => boolean = () => false): Promise<Visit> {
    let visit = await this.open(url);
    for (let hops = 0; hops < 10; hops += 1) {
      const location = visit.headers.get("location");
      if (visit.status < 300 || visit.status >= 400 || location === null) return visit;
      const next = new URL(location, visit.url).href;
      if (until(next)) return { ...visit, url: next };
      visit = await this.open(next);
    }
    throw new Error("Too many redirects.");
  }

  /** Plants a cookie as a server would set it: `name=value; Path=/`. */
  keep(origin: string, line: string): void {
    const [pair = "", ...attributes] = line.split("; ");
    const at = pair.indexOf("=");
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const path = attributes.find((attribute) => attribute.toLowerCase().startsWith("path="))?.slice(5) ?? "/";
    this.#cookies.set(`${origin} ${path} ${name}`, { origin, name, value, path });
  }
}

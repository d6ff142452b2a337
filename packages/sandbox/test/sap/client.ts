import { type SapSandbox, type SapSandboxOptions, startSapSandbox } from "../../src/index.js";

/** Paths of the services. */
export const roots = {
  partner: "/sap/opu/odata/sap/API_BUSINESS_PARTNER/",
  order: "/sap/opu/odata/sap/API_SALES_ORDER_SRV/",
  orderV4: "/sap/opu/odata4/sap/api_salesorder/srvd_a2x/sap/salesorder/0001/",
} as const;

/** A caller as a plain HTTP client is one: it keeps cookies, and fetches a token when told to. */
export class SapCaller {
  readonly sandbox: SapSandbox;
  readonly cookies = new Map<string, string>();
  token: string | undefined;

  constructor(sandbox: SapSandbox) {
    this.sandbox = sandbox;
  }

  /** Asks with the password of the first user, for JSON. */
  async ask(path: string, init: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> {
    const response = await fetch(this.sandbox.url + path, {
      ...init,
      headers: {
        authorization: basic(this.sandbox.user.name, this.sandbox.user.password),
        accept: "application/json",
        ...(this.cookies.size > 0 && {
          cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        }),
        ...(this.token !== undefined && { "x-csrf-token": this.token }),
        ...init.headers,
      },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.cookies.set(name, value);
    }
    return response;
  }

  /** Fetches a token, as before any change. */
  async fetchToken(path: string = roots.order): Promise<this> {
    const response = await this.ask(path, { headers: { "x-csrf-token": "Fetch" } });
    await response.arrayBuffer();
    this.token = response.headers.get("x-csrf-token") ?? undefined;
    return this;
  }

  /** Sends JSON. */
  send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.ask(path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  /** Reads JSON. */
  async read(path: string, headers: Record<string, string> = {}): Promise<unknown> {
    const response = await this.ask(path, { headers });
    return response.json();
  }
}

/** An Authorization header. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** A sandbox with a caller; both end with the test file's `close`. */
export async function openSandbox(options: SapSandboxOptions = {}): Promise<SapCaller> {
  return new SapCaller(await startSapSandbox(options));
}

/** A part of a JSON value, by names and indices; `undefined` where there is none. */
export function part(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, step) => {
    if (typeof inner !== "object" || inner === null) return undefined;
    return new Map<string, unknown>(Object.entries(inner)).get(String(step));
  }, value);
}

/** A list of JSON objects' values of one name. */
export function column(list: unknown, name: string): unknown[] {
  return Array.isArray(list) ? list.map((item) => part(item, name)) : [];
}

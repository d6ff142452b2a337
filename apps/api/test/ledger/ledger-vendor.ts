import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { listenOnLoopback } from "../../../../packages/core/test/support/listen.js";

/** What the vendor knows of a grant. */
export interface Grant {
  /** Number of the current pair of tokens; 0 once the grant was revoked. */
  pair: number;
  /** Token calls that were granted. */
  accepted: number;
  /** Spent refresh tokens that came back. */
  reused: number;
  /** Token calls that were not begun: see {@link LedgerVendor.refuseWith}. */
  refused: number;
}

/** What the vendor does with a token call that it has granted: it answers when this resolves. */
export type Delay = (grantId: string) => Promise<void>;

/**
 * An authorization server with an API behind it, as strict as a vendor can be: a refresh token is spent the moment it
 * arrives, and one that comes back revokes the whole grant. It counts what it sees.
 */
export class LedgerVendor {
  readonly origin: string;
  /** Default: at once. */
  delay: Delay = () => Promise.resolve();
  /** Beside the tokens, as Intuit tells how long a grant lasts at the most. */
  grantEndsInSeconds: number | undefined;
  /** Answers token calls with this instead of granting them, without spending anything; `cut` closes the connection. */
  refuseWith: number | "cut" | undefined;
  /** Is gone from the network: nothing listens at its address. */
  readonly close: () => Promise<void>;
  readonly #server: Server;
  readonly #grants = new Map<string, Grant>();
  readonly #arrivals = new Set<(grantId: string) => void>();

  private constructor(server: Server, origin: string, close: () => Promise<void>) {
    this.#server = server;
    this.origin = origin;
    this.close = close;
  }

  /** Starts one on a free port of this machine. */
  static async start(): Promise<LedgerVendor> {
    let vendor: LedgerVendor | undefined;
    const server = createServer((request, response) => void vendor?.answer(request, response));
    const { origin, close } = await listenOnLoopback(server);
    vendor = new LedgerVendor(server, origin, close);
    return vendor;
  }

  /** The first pair of a new grant, as a person would have got it. */
  connect(grantId: string): { readonly accessToken: string; readonly refreshToken: string } {
    const grant = this.#grants.get(grantId);
    const pair = (grant?.pair ?? 0) + 1;
    const { accepted = 0, reused = 0, refused = 0 } = grant ?? {};
    this.#grants.set(grantId, { pair, accepted, reused, refused });
    return { accessToken: `a.${grantId}.${pair}`, refreshToken: `r.${grantId}.${pair}` };
  }

  /** What it has seen of a grant. */
  seen(grantId: string): Readonly<Grant> {
    const grant = this.#grants.get(grantId);
    if (grant === undefined) throw new Error(`There is no grant ${grantId}.`);
    return { ...grant };
  }

  /** Resolves when a token call of the grant has come, and its refresh token is spent. */
  arrival(grantId: string): Promise<void> {
    return new Promise((resolve) => {
      const listener = (arrived: string) => {
        if (arrived !== grantId) return;
        this.#arrivals.delete(listener);
        resolve();
      };
      this.#arrivals.add(listener);
    });
  }

  /** Cuts every connection, whatever is on its way. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  /** Ends a grant, as its owner can. */
  revoke(grantId: string): void {
    this.#grants.set(grantId, { ...this.seen(grantId), pair: 0 });
  }

  /** Is back at the same address after {@link close}. */
  async comeBack(): Promise<void> {
    this.#server.listen(Number(new URL(this.origin).port), "127.0.0.1");
    await once(this.#server, "listening");
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === "/token") return this.#grantTokens(request, response);
    const [, grantId = "", pair] = /^Bearer a\.([\w-]+)\.(\d+)$/.exec(request.headers.authorization ?? "") ?? [];
    const grant = this.#grants.get(grantId);
    if (grant === undefined || String(grant.pair) !== pair) return send(response, 401, { error: "invalid_token" });
    send(response, 200, { id: grantId });
  }

  async #grantTokens(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const refreshToken = new URLSearchParams(body).get("refresh_token") ?? "";
    const [, grantId = "", pair] = /^r\.([\w-]+)\.(\d+)$/.exec(refreshToken) ?? [];
    const grant = this.#grants.get(grantId);
    if (grant === undefined) return send(response, 400, { error: "invalid_grant" });
    if (this.refuseWith !== undefined) grant.refused += 1;
    if (this.refuseWith === "cut") return void response.destroy();
    if (this.refuseWith !== undefined) return send(response, this.refuseWith, { error: "temporarily_unavailable" });
    if (String(grant.pair) !== pair) {
      if (grant.pair > 0) grant.reused += 1;
      grant.pair = 0;
      return send(response, 400, { error: "invalid_grant" });
    }
    grant.pair += 1;
    grant.accepted += 1;
    const tokens = { access_token: `a.${grantId}.${grant.pair}`, refresh_token: `r.${grantId}.${grant.pair}` };
    for (const listener of this.#arrivals) listener(grantId);
    await this.delay(grantId);
    const ends = this.grantEndsInSeconds === undefined ? {} : { grant_ends_in: this.grantEndsInSeconds };
    send(response, 200, { ...tokens, ...ends, token_type: "Bearer", expires_in: 3600 });
  }
}

function send(response: ServerResponse, status: number, json: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
}

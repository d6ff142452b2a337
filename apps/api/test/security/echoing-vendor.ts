import {
  json,
  type LoopbackServer,
  type Reply,
  type SeenRequest,
  startServer,
} from "../../../../packages/core/test/support/loopback-server.js";
import { formsOf, type PlantedSecrets } from "./planted-secrets.js";

const statuses = [400, 401, 403, 404, 409, 422, 500];

/** A vendor that hands its tokens out and otherwise fails, quoting in its answers the secrets that it was sent, each in several ways. */
export class EchoingVendor {
  readonly server: LoopbackServer;
  /** Secrets that it was sent, by name. */
  readonly seen = new Set<string>();
  /** Answers of the token endpoint are refusals, too. */
  refusesTokens = false;
  readonly #planted: PlantedSecrets;
  #count = 0;

  private constructor(server: LoopbackServer, planted: PlantedSecrets) {
    this.server = server;
    this.#planted = planted;
  }

  static async start(planted: PlantedSecrets): Promise<EchoingVendor> {
    const server = await startServer();
    const vendor = new EchoingVendor(server, planted);
    server.otherwise((response, request) => vendor.#answer(request)(response, request));
    return vendor;
  }

  #answer(request: SeenRequest): Reply {
    const found = this.#findSecrets(request);
    for (const name of found) this.seen.add(name);
    this.#count += 1;
    const isToken = request.path.includes("token");
    if (isToken && !this.refusesTokens) return this.#grant();
    const values = found.map((name) => this.#planted.values.get(name) ?? "");
    const value = values[this.#count % Math.max(1, values.length)] ?? "none";
    const words = `Refused: ${quote(value, this.#count)} is not valid`;
    const status = statuses[this.#count % statuses.length] ?? 400;
    const quoted = encodeURIComponent(value);
    const headers = { "x-echo": quoted, "www-authenticate": `Bearer error="${quoted}"`, intuit_tid: quoted };
    if (isToken) return json({ error: "invalid_request", error_description: words }, 400, headers);
    if (this.#count % 5 === 0)
      return (response) =>
        response.writeHead(302, { location: `http://127.0.0.1:1/${encodeURIComponent(value)}` }).end(words);
    if (this.#count % 7 === 0)
      return (response) => response.writeHead(200, { "content-type": "application/json" }).end(`{"broken": "${words}`);
    return json(faultFor(request.path, words, value), status, headers);
  }

  #grant(): Reply {
    return json({
      access_token: this.#planted.plantPlain(`access token ${this.#count}`),
      refresh_token: this.#planted.plantPlain(`refresh token ${this.#count}`),
      token_type: "Bearer",
      expires_in: 3_600,
      instance_url: this.server.origin,
      id: `${this.server.origin}/id/00D000000000001AAA/005000000000001AAA`,
    });
  }

  #findSecrets({ path, headers, body }: SeenRequest): string[] {
    const text = [path, JSON.stringify(headers), body].join("\n").toLowerCase();
    return [...this.#planted.values]
      .filter(([, value]) => formsOf(value).some((form) => text.includes(form)))
      .map(([name]) => name);
  }
}

/** As each vendor says what is wrong. */
function faultFor(path: string, message: string, code: string): unknown {
  if (path.startsWith("/services/")) return [{ errorCode: code, message, fields: [code] }];
  if (path.startsWith("/v3/"))
    return { Fault: { Error: [{ Message: message, Detail: message, code }], type: "ValidationFault" } };
  return { error: { code, message, innererror: { errordetails: [{ code, message, severity: "error" }] } } };
}

function quote(value: string, turn: number): string {
  const bytes = Buffer.from(value);
  const forms = [
    value,
    encodeURIComponent(value),
    JSON.stringify(value),
    Buffer.from(`x:${value}`).toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    `${"long words before it ".repeat(8)}${value}`,
  ];
  return forms[turn % forms.length] ?? value;
}

import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.js";
import {
  cut,
  json,
  type LoopbackServer,
  type Reply,
  raw,
  reset,
  silence,
  stall,
  startServer,
} from "../../test/support/loopback-server.js";
import type { Logger } from "../runtime/index.js";
import type { AttemptEnded } from "./observer.js";
import { createTransport } from "./transport.js";
import type { TransportRequest } from "./types.js";

const secret = "s3cr3tvalue0123456789abcdef";

describe("a secret in a request or an answer", () => {
  let server: LoopbackServer;
  let lines: unknown[];
  const log = (fields: unknown, message: string) => {
    lines.push([fields, message]);
  };
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  beforeEach(async () => {
    server = await startServer();
    lines = [];
  });
  afterEach(() => server.close());

  const leaky = json({ token: secret }, 503, { "x-token": secret, "retry-after": "1" });
  const cases: [string, Partial<TransportRequest>, Reply[]][] = [
    ["a reset", {}, [reset(), reset()]],
    ["a reset of a write", { method: "POST" }, [reset()]],
    ["a cut answer", {}, [cut(secret), cut(secret)]],
    ["a cut answer to a write", { method: "POST" }, [cut(secret)]],
    ["a stalled answer", {}, [stall(secret), stall(secret)]],
    ["no answer", {}, [silence(), silence()]],
    ["broken HTTP", {}, [raw(`${secret} ${secret}\r\n\r\n`)]],
    ["a header too long", {}, [raw(`HTTP/1.1 200 OK\r\nx: ${secret.repeat(4000)}\r\n\r\n`)]],
    ["a large answer", { maxResponseBytes: 3 }, [json({ secret })]],
    ["repeated answers", { maxAttempts: 2 }, [leaky, cut(secret)]],
    ["a broken header", { headers: { "x-token": `${secret}\r\n` } }, []],
    ["a foreign host", { url: `https://evil.example/${secret}?token=${secret}` }, []],
    ["a password in the address", { url: `https://user:${secret}@127.0.0.1/` }, []],
    ["an address that is none", { url: secret }, []],
    ["an aborted signal", { signal: AbortSignal.abort(new Error(`Bearer ${secret}`)) }, []],
    ["an answer that is not JSON", {}, [(response) => response.end(secret)]],
  ];
  it.each(cases)(
    "shows neither in the error nor in the log nor to an observer after %s",
    async (_kind, changes, replies) => {
      const seen: AttemptEnded[] = [];
      const transport = createTransport({
        allowedHosts: [],
        allowedPrivateHosts: [server.host],
        clock: createFakeClock(),
        retry: { maxAttempts: 2 },
        timeouts: { headersMs: 30, bodyMs: 30 },
        logger,
        observer: { attemptEnded: (event) => seen.push(event) },
      });
      server.reply(...replies);
      const request: TransportRequest = {
        method: "GET",
        url: `${server.origin}/${secret}?access_token=${secret}`,
        headers: { authorization: `Bearer ${secret}`, cookie: `sid=${secret}` },
        name: "records.retrieve",
        ...changes,
        ...(changes.method === "POST" && { body: `{"password":"${secret}"}` }),
      };
      const error: unknown = await transport
        .request(request)
        .then((response) => response.json())
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      const shown = inspect([error, lines, seen], { depth: Number.POSITIVE_INFINITY, showHidden: true });
      expect(shown).not.toContain(secret);
      expect(JSON.stringify(error)).not.toContain(secret);
      await transport.close();
    },
  );
});

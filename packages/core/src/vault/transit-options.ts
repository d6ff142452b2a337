import { z } from "zod";
import { ConnectorError } from "../errors/index.js";
import type { TransportOptions } from "../http/index.js";

/** Where the transit engine is, and how to speak to it. */
export interface TransitKeysOptions {
  /** The server, such as `https://vault.example.com:8200`. */
  readonly address: string;
  /**
   * The token, or a function that gives the current one: it is asked before each call, so that an agent may renew it. Let
   * its policy allow `update` on `encrypt/<key>` and `decrypt/<key>` and no more: with `create`, a misspelt key name would
   * make a new key.
   */
  readonly token: string | (() => string | Promise<string>);
  /** Name of the transit key that wraps new data keys. An AEAD type such as `aes256-gcm96`; `derived` or not. */
  readonly key: string;
  /** Names of keys of the same engine that only open what they wrapped before. */
  readonly previousKeys?: readonly string[];
  /** Path of the engine. Default `transit`. */
  readonly mount?: string;
  /** Sent as `X-Vault-Namespace`. Default none. */
  readonly namespace?: string;
  /** Exact `host:port` addresses that may be private and plain http. Needed where `address` is one. Default none. */
  readonly allowedPrivateHosts?: readonly string[];
  /** Milliseconds that each step of a try (connecting, headers, body) may take. Default 5 000. */
  readonly timeoutMs?: number;
  /** How the transport repeats and trusts. Default: 3 tries, the authorities of Node. */
  readonly transport?: Pick<TransportOptions, "retry" | "tls" | "lookup" | "clock" | "random" | "logger" | "observer">;
}

// The server's own rule for names; a slash would lead to another endpoint. Dots alone would climb up the path.
const keyName = /^\w(?:[\w.-]{0,98}\w)?$/;
const mountPath = /^\w(?:[\w-]|[./](?=\w)){0,198}$/;
// Visible ASCII: anything else cannot stand in a header.
const headerText = /^[\x21-\x7e]+$/;

const nameSchema = z.string().regex(keyName, "is not the name of a transit key");

const schema = z.object({
  address: z.url({ protocol: /^https?$/ }).refine(isOrigin, "has to end at the port: name the engine in mount"),
  key: nameSchema,
  previousKeys: z.array(nameSchema).default([]),
  mount: z.string().regex(mountPath, "is not the path of an engine").default("transit"),
  namespace: z.string().regex(headerText, "is not a namespace").optional(),
  timeoutMs: z.int().positive().default(5_000),
});

/** {@link TransitKeysOptions} proven, without the token. */
export interface TransitSettings extends z.output<typeof schema> {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly hostname: string;
}

/**
 * Proves the options.
 * @throws {ConnectorError} `KEY_INVALID` that names the option.
 */
export function parseTransitOptions(options: TransitKeysOptions): TransitSettings {
  const result = schema.safeParse(options, { reportInput: false });
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new ConnectorError("KEY_INVALID", `Transit: ${issue?.path.join(".")} ${issue?.message}.`);
  }
  if (typeof options.token === "string") assertToken(options.token);
  const { origin, hostname } = new URL(result.data.address);
  return { ...result.data, origin, hostname };
}

/**
 * Refuses what no header can carry, before a library complains and quotes it.
 * @throws {ConnectorError} `KEY_INVALID`.
 */
export function assertToken(token: string): void {
  if (headerText.test(token)) return;
  const problem = "The transit engine's token is empty or has characters that no token has (a line break at its end?).";
  throw new ConnectorError("KEY_INVALID", problem);
}

function isOrigin(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && `${url.origin}/` === url.href;
}

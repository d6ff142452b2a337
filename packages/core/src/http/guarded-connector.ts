import { type LookupAddress, lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { ForbiddenTargetError } from "../errors/index.js";
import { isPublicAddress } from "./addresses.js";
import type { TlsSource, TransportTls } from "./options.js";

/** How connections to one origin are made. */
export interface GuardedConnectorOptions {
  readonly connectMs: number;
  /** Scheme, host and port that the connections lead to. */
  readonly origin: string;
  readonly tls?: TransportTls | TlsSource;
  /** Resolves names. Default: the system's resolver. */
  readonly lookup?: LookupFunction;
  /** The origin is an exact `host:port` that may be private. */
  readonly isPrivateAllowed: boolean;
}

/**
 * Makes undici's connections for one origin. A name that resolves to addresses that are not public is not dialled, and the
 * address of the *connected* peer is judged again before a byte of HTTP is written: what a name resolved to when it was
 * checked says nothing about what it resolves to when it is used (DNS rebinding).
 */
export function createGuardedConnector(options: GuardedConnectorOptions): buildConnector.connector {
  const dial = typeof options.tls === "function" ? connectAsTold(options, options.tls) : build(options, options.tls);
  const connect: buildConnector.connector = (target, callback) => {
    dial(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      // With TLS 1.3 a refusal of our certificate comes when the handshake is over: first the alert as an error, then the end of
      // the stream. undici would report the end and forget why.
      socket.on("error", (reason) => socket.destroy(reason));
      return callback(null, socket);
    });
  };
  if (options.isPrivateAllowed) return connect;

  return (target, callback) => {
    connect(target, (...[error, socket]) => {
      if (error !== null) {
        callback(error, null);
      } else if (isPublicAddress(socket.remoteAddress ?? "")) {
        callback(null, socket);
      } else {
        socket.destroy();
        callback(refused(target.hostname), null);
      }
    });
  };
}

function build(options: GuardedConnectorOptions, tls: TransportTls | undefined): buildConnector.connector {
  return buildConnector({
    ...tls,
    timeout: options.connectMs,
    // HTTP/1.1 only: one connection carries one request, so "was it sent" has an exact answer.
    allowH2: false,
    // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED in the environment changes nothing.
    rejectUnauthorized: true,
    lookup: options.isPrivateAllowed ? options.lookup : filterLookup(options.lookup ?? systemLookup),
  });
}

/** Asks the source for each connection. What it gives anew gets a connector anew, with TLS sessions of its own. */
function connectAsTold(options: GuardedConnectorOptions, source: TlsSource): buildConnector.connector {
  let latest: { readonly tls: TransportTls | undefined; readonly connect: buildConnector.connector } | undefined;
  return (target, callback) => {
    const connect = async () => {
      const tls = await source(options.origin);
      if (latest === undefined || latest.tls !== tls) latest = { tls, connect: build(options, tls) };
      // Node throws at once for a key or certificate that it cannot read.
      latest.connect(target, callback);
    };
    connect().catch((error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null));
  };
}

/** A resolver that leaves out the addresses that are not public, and fails when none is left. */
export function filterLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, answer, family) => {
      if (error) return callback(error, []);
      const found = (Array.isArray(answer) ? answer : [toLookupAddress(answer, family)]).filter(({ address }) =>
        isPublicAddress(address),
      );
      const [first] = found;
      if (first === undefined) return callback(refused(hostname), []);
      if (options.all) return callback(null, found);
      return callback(null, first.address, first.family);
    });
  };
}

function toLookupAddress(address: string, family?: number): LookupAddress {
  return { address, family: family ?? isIP(address) };
}

function refused(hostname: string): ForbiddenTargetError {
  return new ForbiddenTargetError(`The host ${hostname} leads to an address that is not public; nothing was sent.`);
}

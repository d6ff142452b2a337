import { isIP } from "node:net";
import { ForbiddenTargetError, ValidationError } from "../errors/index.js";
import { isPublicAddress } from "./addresses.js";

/** A target that the guard let pass. */
export interface AllowedTarget {
  readonly url: URL;
  /** Named as an exact `host:port` that may be private: its connected address is not judged. */
  readonly isPrivateAllowed: boolean;
}

/** Judges an address by what it says of itself, before any name is resolved. */
export type TargetGuard = (url: string) => AllowedTarget;

/**
 * Makes the guard of one transport.
 *
 * @param allowedHosts - Exact host names, or `*.suffix` for any name below it (not the suffix itself). Any port, https only.
 * @param allowedPrivateHosts - Exact `host:port`; http too. They override every other rule.
 * @throws {ValidationError} when an entry is not of that form.
 */
export function createTargetGuard(
  allowedHosts: readonly string[],
  allowedPrivateHosts: readonly string[] = [],
): TargetGuard {
  const exact = new Set<string>();
  const suffixes: string[] = [];
  for (const entry of allowedHosts) {
    if (entry.startsWith("*.")) suffixes.push(`.${parseSuffix(entry)}`);
    else exact.add(parseHost(entry));
  }
  const privateHosts = new Set(allowedPrivateHosts.map(parsePrivateHost));

  return (text) => {
    const url = URL.parse(text);
    if (url === null) throw new ForbiddenTargetError("The address is not an absolute URL; nothing was sent.");
    if (url.protocol !== "https:" && url.protocol !== "http:") {
      throw new ForbiddenTargetError("Only https addresses are allowed; nothing was sent.");
    }
    if (url.username !== "" || url.password !== "") {
      throw new ForbiddenTargetError("An address must not hold a user name or password; nothing was sent.");
    }
    const { hostname } = url;
    if (privateHosts.has(`${hostname}:${url.port || defaultPort(url.protocol)}`))
      return { url, isPrivateAllowed: true };
    if (url.protocol !== "https:") {
      throw new ForbiddenTargetError(`Plain http to ${hostname} is not allowed; nothing was sent.`);
    }
    if (!exact.has(hostname) && !suffixes.some((suffix) => hostname.endsWith(suffix))) {
      throw new ForbiddenTargetError(
        `The host ${hostname} is not one that this connector may talk to; nothing was sent.`,
      );
    }
    // WHATWG URL has turned decimal, octal, hexadecimal and short forms into the usual one.
    const address = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
    if (isLocalName(hostname) || (isIP(address) !== 0 && !isPublicAddress(address))) {
      throw new ForbiddenTargetError(`The address ${hostname} is not a public one; nothing was sent.`);
    }
    return { url, isPrivateAllowed: false };
  };
}

/** Names that are this machine by themselves, whatever a resolver says. @see https://www.rfc-editor.org/rfc/rfc6761#section-6.3 */
function isLocalName(hostname: string): boolean {
  return /(?:^|\.)localhost\.?$/.test(hostname);
}

function defaultPort(protocol: string): string {
  return protocol === "https:" ? "443" : "80";
}

function parseHost(entry: string): string {
  const url = URL.parse(`https://${entry}`);
  const isHostOnly = url !== null && url.href === `https://${url.hostname}/` && !/[*]|:\d*$/.test(entry);
  if (url === null || !isHostOnly) {
    throw invalid(entry, "a host name, or `*.` and at least two labels");
  }
  return url.hostname;
}

function parseSuffix(entry: string): string {
  const host = parseHost(entry.slice(2));
  // `*.com` would be the whole internet, and a suffix of an IP address means nothing.
  if (!host.includes(".") || isIP(host) !== 0) throw invalid(entry, "`*.` and at least two labels");
  return host;
}

function parsePrivateHost(entry: string): string {
  const url = URL.parse(`https://${entry}`);
  const port = /:(\d{1,5})$/.exec(entry)?.[1];
  if (
    url === null ||
    port === undefined ||
    entry.includes("*") ||
    url.username !== "" ||
    url.pathname !== "/" ||
    url.search ||
    url.hash
  ) {
    throw invalid(entry, "an exact `host:port`");
  }
  return `${url.hostname}:${Number(port)}`;
}

function invalid(entry: string, expected: string): ValidationError {
  return new ValidationError(`The allowed host ${JSON.stringify(entry)} does not fit: expected ${expected}.`);
}

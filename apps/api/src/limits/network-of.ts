import ipaddr from "ipaddr.js";

/** What one host has of IPv6, in bits: it may choose its address within it freely. */
const ipv6HostBits = 64;

/** The network that a peer's address is counted under: an IPv4 address itself, of an IPv6 address its first half. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return "unknown";
  const parsed = ipaddr.process(address); // an IPv4 address in IPv6 clothes is the IPv4 address
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${ipv6HostBits}`).toString();
}

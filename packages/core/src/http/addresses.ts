import ipaddr from "ipaddr.js";

// Cloud metadata services whose addresses are global unicast by number, so that no range rule catches them. The others
// (169.254.169.254, fd00:ec2::254, 100.100.100.200, 192.0.0.192) fall under link-local, unique-local, carrier-grade NAT
// and reserved. https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
const metadataAddresses: ReadonlySet<string> = new Set(["168.63.129.16"]);

const globalUnicastIpv6 = ipaddr.IPv6.parse("2000::");

/**
 * Whether `address` is an IP address that belongs to one host on the public internet. Loopback, private, link-local,
 * carrier-grade NAT, multicast, reserved and metadata addresses are not, nor is an IPv6 address that carries an IPv4 one
 * inside (mapped, NAT64, 6to4, Teredo): it may lead to any of those.
 *
 * @param address - Textual form without brackets. Anything that is not an address is not public.
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address) || metadataAddresses.has(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  // What is not listed as special also counts as unicast there: only 2000::/3 has been given out.
  return parsed instanceof ipaddr.IPv6 ? parsed.match(globalUnicastIpv6, 3) : true;
}

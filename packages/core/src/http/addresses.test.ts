import { describe, expect, it } from "vitest";
import { isPublicAddress } from "./addresses.js";

describe("isPublicAddress", () => {
  it.each(["8.8.8.8", "1.1.1.1", "142.250.0.1", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e"])(
    "accepts %s",
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    ["unspecified", "0.0.0.0"],
    ["this network", "0.1.2.3"],
    ["loopback", "127.0.0.1"],
    ["loopback beyond .1", "127.255.1.1"],
    ["private 10/8", "10.0.0.1"],
    ["private 172.16/12", "172.31.255.255"],
    ["private 192.168/16", "192.168.1.1"],
    ["link-local and AWS metadata", "169.254.169.254"],
    ["carrier-grade NAT", "100.64.0.1"],
    ["Alibaba metadata", "100.100.100.200"],
    ["Oracle metadata", "192.0.0.192"],
    ["Azure host services", "168.63.129.16"],
    ["benchmarking", "198.18.0.1"],
    ["documentation", "203.0.113.5"],
    ["6to4 relay", "192.88.99.1"],
    ["multicast", "224.0.0.1"],
    ["reserved", "240.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["IPv6 unspecified", "::"],
    ["IPv6 loopback", "::1"],
    ["unique-local", "fd00::1"],
    ["AWS metadata over IPv6", "fd00:ec2::254"],
    ["IPv6 link-local", "fe80::1"],
    ["site-local", "fec0::1"],
    ["IPv6 multicast", "ff02::1"],
    ["mapped private", "::ffff:10.0.0.1"],
    ["mapped public", "::ffff:8.8.8.8"],
    ["IPv4-compatible", "::7f00:1"],
    ["NAT64", "64:ff9b::a00:1"],
    ["local NAT64", "64:ff9b:1::a00:1"],
    ["6to4", "2002:a00:1::"],
    ["Teredo", "2001:0:4136:e378::1"],
    ["IPv6 documentation", "2001:db8::1"],
    ["segment routing", "5f00::1"],
    ["discard", "100::1"],
    ["outside of what was given out", "4000::1"],
    ["no address", "example.com"],
    ["nothing", ""],
  ])("refuses %s (%s)", (_kind, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { createTargetGuard } from "./target-guard.js";

const hosts = [
  "login.salesforce.com",
  "*.my.salesforce.com",
  "127.0.0.1",
  "localhost",
  "*.api.localhost",
  "api.localhost",
  "8.8.8.8",
  "10.0.0.1",
  "[::1]",
  "[::ffff:a00:1]",
];

describe("createTargetGuard", () => {
  const guard = createTargetGuard(hosts, ["localhost:4010", "[::1]:4011", "sap.corp.example:443"]);

  it.each([
    "https://login.salesforce.com/services/oauth2/token",
    "https://LOGIN.Salesforce.com/",
    "https://login.salesforce.com:8443/",
    "https://acme.my.salesforce.com/a?b=c",
    "https://acme--dev.sandbox.my.salesforce.com/",
    "https://8.8.8.8/",
    "http://localhost:4010/",
    "https://localhost:4010/",
    "http://[::1]:4011/",
    "https://sap.corp.example/",
  ])("lets %s pass", (url) => {
    expect(guard(url).url.href).toBe(new URL(url).href);
  });

  it.each([
    ["another host", "https://evil.example/"],
    ["the suffix itself", "https://my.salesforce.com/"],
    ["a label that only ends like the suffix", "https://evilmy.salesforce.com/"],
    ["the suffix in the middle", "https://a.my.salesforce.com.evil.example/"],
    ["a trailing dot", "https://login.salesforce.com./"],
    ["plain http", "http://login.salesforce.com/"],
    ["another scheme", "ftp://login.salesforce.com/"],
    ["a file", "file:///etc/passwd"],
    ["script", "javascript:alert(1)"],
    ["a user name", "https://user@login.salesforce.com/"],
    ["a password", "https://user:pass@login.salesforce.com/"],
    ["a host that hides behind a user name", "https://login.salesforce.com@evil.example/"],
    ["a backslash for a slash", "https://evil.example\\@login.salesforce.com/"],
    ["a relative URL", "/services/data"],
    ["no URL", "not a url"],
    ["nothing", ""],
    ["loopback, though listed", "https://127.0.0.1/"],
    ["decimal", "https://2130706433/"],
    ["octal", "https://0177.0.0.1/"],
    ["hexadecimal", "https://0x7f.0.0.1/"],
    ["hexadecimal in one number", "https://0x7f000001/"],
    ["short", "https://127.1/"],
    ["full-width digits", "https://１２７.0.0.1/"],
    ["private, though listed", "https://10.0.0.1/"],
    ["IPv6 loopback, though listed", "https://[::1]/"],
    ["IPv6 loopback in long", "https://[0:0:0:0:0:0:0:1]/"],
    ["mapped IPv4, though listed", "https://[::ffff:10.0.0.1]/"],
    ["this machine by its name, though listed", "https://localhost/"],
    ["a name below it, though listed", "https://api.localhost/"],
    ["the private host on another port", "http://localhost:4012/"],
    ["the private host without port", "http://localhost/"],
    ["the private host in plain http on its https port", "http://sap.corp.example/"],
  ])("refuses %s (%s)", (_kind, url) => {
    expect(() => guard(url)).toThrow(expect.objectContaining({ code: "FORBIDDEN_TARGET" }));
  });

  it("names the host but not the rest of the address, which may hold a token", () => {
    expect(() => guard("https://evil.example/secret-token?sid=secret-token")).toThrow(
      /^(?!.*secret-token).*evil\.example/,
    );
    expect(() => guard("secret-token")).toThrow(/^(?!.*secret-token)/);
  });

  it("says which addresses may be private", () => {
    expect(guard("http://localhost:4010/").isPrivateAllowed).toBe(true);
    expect(guard("https://login.salesforce.com/").isPrivateAllowed).toBe(false);
  });

  it.each([
    "*",
    "*.com",
    "*.",
    "a*.example.com",
    "https://example.com",
    "example.com/path",
    "example.com:443",
    "u@example.com",
    "*.1.2.3.4",
    "",
  ])("does not take %j for an allowed host", (entry) => {
    expect(() => createTargetGuard([entry])).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });

  it.each([
    "localhost",
    "*.corp.example:443",
    "http://localhost:80",
    "localhost:80/path",
    "localhost:99999",
    "u@localhost:80",
    ":80",
  ])("does not take %j for a private host", (entry) => {
    expect(() => createTargetGuard([], [entry])).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });
});

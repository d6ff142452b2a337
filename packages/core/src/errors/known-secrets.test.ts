import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ConnectorError } from "./connector-error.js";
import { KnownSecrets } from "./known-secrets.js";

const password = `p4ss/w+rd?&"<ü>'=%20 ${"k9".repeat(12)}`;
const secrets = new KnownSecrets({
  username: "integration",
  clientId: "3MVG9client",
  password,
  nested: [{ apiKey: "key-0123456789" }],
});
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("known secrets", () => {
  it.each([
    ["as it is", password],
    ["in a URL", encodeURIComponent(password)],
    ["in a form", encodeURIComponent(password).replaceAll("%20", "+")],
    ["in JSON", JSON.stringify(password).slice(1, -1)],
    [
      "in HTML",
      password.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
    ],
    ["in base64", base64(password)],
    ["in base64 behind one character", base64(`:${password}`)],
    ["in base64 behind two", base64(`u:${password}`)],
    ["in base64 behind a name and before more", base64(`u1:${password}:m`)],
    ["in base64 for URLs", Buffer.from(`user:${password}`).toString("base64url")],
    ["in hexadecimal", Buffer.from(password).toString("hex")],
    ["in capitals", Buffer.from(password).toString("hex").toUpperCase()],
    ["cut off", `${password.slice(0, 20)}…`],
    ["cut off without a sign", password.slice(0, 12)],
  ])("are not left in a text %s", (_, form) => {
    const text = `The server says that ${form}`;
    const clean = secrets.conceal(text);
    expect(clean).toContain("The server says that ");
    expect(clean).toContain("[redacted]");
    const known = new Set(Array.from({ length: form.length - 7 }, (_value, at) => form.slice(at, at + 8)));
    expect([...known].filter((piece) => clean.includes(piece))).toEqual([]);
  });

  it("leave names, and words that are no secrets, where they are", () => {
    const text = "User integration of client 3MVG9client has no password.";
    expect(secrets.conceal(text)).toBe(text);
  });

  it("are taken out of everything that an error holds, and its causes", () => {
    const cause = new Error(`key-0123456789 was refused`, { cause: new Error(`again key-0123456789`) });
    const error = new ConnectorError("VENDOR_REJECTED", "It says key-0123456789.", {
      cause,
      vendor: {
        code: "key-0123456789",
        message: "key-0123456789",
        fields: ["key-0123456789"],
        messages: [{ severity: "error", message: "key-0123456789" }],
      },
    });
    expect(inspect(error, { depth: 9, showHidden: true })).toContain("key-0123456789");
    expect(secrets.concealError(error)).toBe(error);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("key-0123456789");
    expect(error).toMatchObject({ code: "VENDOR_REJECTED", message: "It says [redacted]." });
  });

  it("hold the last tokens and the lines of a key", () => {
    const line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
    const own = new KnownSecrets({
      privateKey: `-----BEGIN PRIVATE KEY-----\n${line}\nAAAA\n-----END PRIVATE KEY-----`,
    });
    for (const token of ["token-first", "token-second", "token-third"]) own.add(token);
    expect(own.conceal(`token-first token-third ${line}`)).toBe("[redacted] [redacted] [redacted]");
  });
});

import { describe, expect, it } from "vitest";
import { Evidence, findSecrets } from "../src/index.js";

const secret = 'p/ss+w=rd "ü" ~?~>>>???';

describe("findSecrets", () => {
  const written: Record<string, string> = {
    plain: secret,
    url: new URLSearchParams({ password: secret }).toString(),
    "url as a component": encodeURIComponent(secret),
    "url in small letters": encodeURIComponent(secret).replace(/%../g, (sequence) => sequence.toLowerCase()),
    json: JSON.stringify({ password: secret }),
    hex: Buffer.from(secret).toString("hex").toUpperCase(),
    base64: Buffer.from(secret).toString("base64"),
    base64url: Buffer.from(secret).toString("base64url"),
  };
  for (const [encoding, text] of Object.entries(written)) {
    it(`finds a secret that is written as ${encoding}`, () => {
      expect(findSecrets(`before ${text} after`, [secret]).map((sighting) => sighting.encoding)).toContain(
        encoding.split(" ")[0],
      );
    });
  }

  for (const user of ["a", "ab", "abc", "abcd"]) {
    it(`finds a password in a Basic header behind a user name of ${user.length} characters`, () => {
      const header = `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`;
      expect(findSecrets(header, [secret]).map((sighting) => sighting.encoding)).toContain("base64");
    });
  }

  it("finds nothing where there is nothing", () => {
    expect(findSecrets("p/ss+w=rd without its end", [secret])).toEqual([]);
  });

  it("refuses a secret that is too short to be told from chance", () => {
    expect(() => findSecrets("12345", ["12345"])).toThrow(RangeError);
  });
});

describe("Evidence", () => {
  it("finds a secret in a property of a cause, and does not repeat it", () => {
    const evidence = new Evidence();
    evidence.addSecret("the-secret-token");
    const cause = Object.assign(new Error("refused"), { request: { headers: { cookie: "sid=the-secret-token" } } });
    evidence.addError("cut.read", new Error("It failed.", { cause }));
    const leaks = evidence.leaks("error");
    expect(leaks).toHaveLength(1);
    expect(leaks[0]).toContain("cut.read");
    expect(leaks[0]).not.toContain("the-secret-token");
  });

  it("finds a secret that was said before it was known to be one", () => {
    const evidence = new Evidence();
    evidence.addLogLine("grant.revoked", "debug", { token: "the-secret-token" }, "Sending");
    evidence.addSecret("the-secret-token");
    expect(evidence.leaks("log")).toHaveLength(1);
    expect(evidence.leaks("error")).toEqual([]);
  });
});

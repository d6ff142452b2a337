import { describe, expect, it } from "vitest";
import { diffSecrets, diffSettings } from "../../src/approval/diff.js";

describe("the diff of a change", () => {
  it("names fields by their path, and what stays not at all", () => {
    const before = { name: "A", configuration: { tls: { on: true }, hosts: ["a"], empty: {} } };
    const after = { name: "A", configuration: { tls: { on: false }, hosts: ["a", "b"], more: 1 } };
    expect(diffSettings(before, after)).toEqual([
      { path: "configuration.tls.on", change: "changed", before: true, after: false },
      { path: "configuration.hosts", change: "changed", before: ["a"], after: ["a", "b"] },
      { path: "configuration.empty", change: "removed", before: {} },
      { path: "configuration.more", change: "added", after: 1 },
    ]);
  });

  it("hides the parts of an address that may hold a secret, never host and path, and says that they changed", () => {
    const of = (url: string) => ({ url, list: [url] });
    const [old, young] = ["https://user:one@host:8443/path?key=one#one", "https://user:two@host:8443/path?key=two#two"];
    const shown = "https://***@host:8443/path?key=***#***";
    expect(diffSettings(of(old), of(young))).toEqual([
      { path: "url", change: "changed", before: shown, after: shown },
      { path: "list", change: "changed", before: [shown], after: [shown] },
    ]);
    expect(diffSettings({}, { url: "https://host/path" })).toMatchObject([{ after: "https://host/path" }]);
  });

  it("says that a secret changes when it is given again, the same or not: nobody can try guesses", () => {
    const stored = { user: "a", password: "right", old: "x" };
    const entries = (password: string) => diffSecrets("credentials", stored, { user: "a", password, more: "y" });
    expect(entries("right")).toEqual([
      { path: "credentials.more", change: "added" },
      { path: "credentials.old", change: "removed" },
      { path: "credentials.password", change: "changed" },
      { path: "credentials.user", change: "changed" },
    ]);
    expect(entries("wrong")).toEqual(entries("right"));
    expect(diffSecrets("credentials", stored, { ...stored })).toHaveLength(3);
    expect(diffSecrets("credentials", stored, undefined)).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { coreOf, PlantedSecrets } from "./planted-secrets.js";

describe("the search for planted secrets", () => {
  const planted = new PlantedSecrets();
  const secret = planted.plant("secret");
  planted.plant("other");
  const core = coreOf(secret);
  const utf8 = Buffer.from(secret);
  const utf16 = Buffer.from(secret, "utf16le");

  it.each([
    ["plain", secret],
    ["its core alone", core],
    ["a URL", encodeURIComponent(secret)],
    ["JSON", JSON.stringify({ secret })],
    ["JSON in JSON", JSON.stringify(JSON.stringify({ secret }))],
    ["HTML", secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")],
    ["base64", utf8.toString("base64")],
    ["base64 behind one byte", Buffer.from(`x${secret}`).toString("base64")],
    ["base64 behind two bytes", Buffer.from(`xy${secret}`).toString("base64")],
    ["base64url", Buffer.from(`user:${secret}`).toString("base64url")],
    ["hexadecimal", utf8.toString("hex")],
    ["hexadecimal in capitals", utf8.toString("hex").toUpperCase()],
    ["UTF-16", utf16.toString("latin1")],
    ["UTF-16, big end first", Buffer.from(utf16).swap16().toString("latin1")],
    ["UTF-16 in JSON", JSON.stringify(utf16.toString("latin1"))],
    ["UTF-16 in base64", utf16.toString("base64")],
    ["percent signs", utf8.toString("hex").replaceAll(/../g, "%$&")],
    ["a list of bytes", JSON.stringify([...utf8])],
  ])("finds one in %s, and no other", (_, text) => {
    expect(planted.findIn(`before ${text} after`)).toEqual(["secret"]);
  });

  it("finds nothing where there is nothing", () => {
    expect(planted.findIn("nothing here")).toEqual([]);
  });
});

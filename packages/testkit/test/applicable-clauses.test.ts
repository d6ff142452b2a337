import { describe, expect, it } from "vitest";
import {
  applicableClauses,
  basicHarness,
  clauseIds,
  clientCredentialsHarness,
  gapsOf,
  referenceDefinition,
  referenceHarness,
} from "../src/index.js";

describe("applicableClauses", () => {
  it("leaves out of a browser scheme only what is meant for the others", () => {
    const applicable = applicableClauses(referenceDefinition, referenceHarness);
    expect(clauseIds.filter((id) => !applicable.includes(id))).toEqual(["auth_url.unsupported", "writer.absent"]);
  });

  it("asks of a scheme with tokens but no browser what concerns tokens", () => {
    const applicable = applicableClauses(referenceDefinition, clientCredentialsHarness);
    expect(applicable).toContain("refresh.concurrent");
    expect(applicable.filter((id) => id.startsWith("callback."))).toEqual([]);
  });

  it("asks of a scheme with a password everything that needs neither tokens nor a browser", () => {
    const applicable = applicableClauses(referenceDefinition, basicHarness);
    expect(applicable.filter((id) => /^(callback|refresh|refused_token|grant)\./.test(id))).toEqual([]);
    expect(applicable).toEqual(expect.arrayContaining(["cut.write", "secrets.errors", "auth_url.unsupported"]));
  });
});

describe("gapsOf", () => {
  it("finds no gap in a complete harness", () => {
    expect(gapsOf(referenceDefinition, referenceHarness)).toEqual([]);
  });

  it("names what is missing without being declared, so that no clause drops out unseen", () => {
    const { write, ...readOnly } = referenceHarness;
    expect(write).toBeDefined();
    expect(gapsOf(referenceDefinition, readOnly)).toEqual([expect.stringContaining('lacks "write"')]);
  });

  it("names what is declared missing and is there", () => {
    expect(gapsOf(referenceDefinition, { ...referenceHarness, without: ["write"] })).toEqual([
      expect.stringContaining('names "write"'),
    ]);
  });

  it("wants the consent page of a scheme that has one", () => {
    const { browser, ...blind } = referenceHarness;
    expect(browser).toBeDefined();
    expect(gapsOf(referenceDefinition, blind)).toEqual([expect.stringContaining("harness.browser")]);
  });
});

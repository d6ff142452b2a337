import { describe, expect, it } from "vitest";
import { makeId, normalizeId, toLongId } from "./ids.js";

describe("toLongId", () => {
  it("adds the checksum that Salesforce gives known ids", () => {
    // The account id in the examples of the REST API Developer Guide, and the master record type that every describe shows.
    expect(toLongId("001D000000IqhSL")).toBe("001D000000IqhSLIAZ");
    expect(toLongId("012000000000000")).toBe("012000000000000AAA");
  });
});

describe("normalizeId", () => {
  it("takes both forms", () => {
    expect(normalizeId("001D000000IqhSL")).toBe("001D000000IqhSLIAZ");
    expect(normalizeId("001D000000IqhSLIAZ")).toBe("001D000000IqhSLIAZ");
  });

  it("restores letter case from the suffix", () => {
    expect(normalizeId("001d000000iqhsliaz")).toBe("001D000000IqhSLIAZ");
  });

  it.each([
    "",
    "001D000000IqhS",
    "001D000000IqhSLIA",
    "001D000000IqhSL-AZ",
    "001D0000001qhSLIAZ",
    "001D000000IqhSLIA9",
  ])("refuses %j", (id) => {
    expect(normalizeId(id)).toBeUndefined();
  });
});

describe("makeId", () => {
  it("gives ids that sort in the order they were made", () => {
    const ids = [1, 61, 62, 3_843, 3_844, 1_000_000].map((sequence) => makeId("001", sequence));
    expect([...ids].sort()).toEqual(ids);
    expect(ids.every((id) => normalizeId(id) === id && id.length === 18)).toBe(true);
  });
});

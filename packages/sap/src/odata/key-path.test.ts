import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseWithCap } from "../../test/support/compile-cds.js";
import { modelOf, readFixtureModel } from "../../test/support/odata-models.js";
import { entityPath, keyPredicate } from "./key-path.js";

const partner = readFixtureModel("API_BUSINESS_PARTNER");
const v4 = readFixtureModel("orders-v4");

describe("entityPath", () => {
  it("addresses a set, one entity of it and a singleton", () => {
    expect(entityPath(partner, "A_BusinessPartner")).toBe("A_BusinessPartner");
    expect(entityPath(partner, "A_BusinessPartner", "17100001")).toBe("A_BusinessPartner('17100001')");
    expect(entityPath(partner, "A_BusinessPartner", { BusinessPartner: "1" })).toBe("A_BusinessPartner('1')");
    expect(entityPath(v4, "Orders", "9007199254740993")).toBe("Orders(9007199254740993)");
    expect(entityPath(v4, "Me")).toBe("Me");
  });

  it("names all properties of a compound key, in the order of the metadata", () => {
    const key = { AddressID: "22", BusinessPartner: "O'Reilly" };
    expect(entityPath(partner, "A_BusinessPartnerAddress", key)).toBe(
      "A_BusinessPartnerAddress(BusinessPartner='O''Reilly',AddressID='22')",
    );
  });

  it.each([
    ["v2", "Edm.Guid", "42010aef-0de5-1edb-8a9e-cc4a5c1d7f00", "guid'42010aef-0de5-1edb-8a9e-cc4a5c1d7f00'"],
    ["v2", "Edm.DateTime", "2026-11-26", "datetime'2026-11-26T00%3A00%3A00'"],
    ["v2", "Edm.Int64", "5", "5L"],
    ["v4", "Edm.Guid", "42010aef-0de5-1edb-8a9e-cc4a5c1d7f00", "42010aef-0de5-1edb-8a9e-cc4a5c1d7f00"],
    ["v4", "Edm.DateTimeOffset", "2026-11-26T09:00:00+01:00", "2026-11-26T09%3A00%3A00%2B01%3A00"],
  ] as const)("writes a key of %s %s as its literal", (version, type, value, literal) => {
    const model = modelOf(version, { K: `Type="${type}"` });
    const base = model.types.get("S.Thing");
    expect(base && keyPredicate(model, { ...base, keys: ["K"] }, value)).toBe(`(${literal})`);
  });

  it("percent-encodes what a URL would take for its own", () => {
    expect(entityPath(partner, "A_BusinessPartner", "a/?#%+f g")).toBe("A_BusinessPartner('a%2F%3F%23%25%2Bf%20g')");
  });

  it("says the same key to SAP's own parser, whatever text it is", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 10 }),
        fc.string({ unit: "binary", maxLength: 10 }),
        (a, b) => {
          const key = { BusinessPartner: a, AddressID: b };
          fc.pre([...a].length <= 10 && [...b].length <= 10);
          const path = entityPath(partner, "A_BusinessPartnerAddress", key);
          expect(path).toMatch(/^[!-~]+$/);
          expect(path.slice("A_BusinessPartnerAddress".length)).not.toMatch(/[/?#+]/);
          expect(parseWithCap(`/${path}`)).toMatchObject({
            SELECT: {
              from: {
                ref: [
                  {
                    id: "A_BusinessPartnerAddress",
                    where: [
                      { ref: ["BusinessPartner"] },
                      "=",
                      { val: a },
                      "and",
                      { ref: ["AddressID"] },
                      "=",
                      { val: b },
                    ],
                  },
                ],
              },
            },
          });
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each([
    ["a missing property", { BusinessPartner: "1" }, "AddressID", "is missing"],
    [
      "an unknown property",
      { BusinessPartner: "1", AddressID: "2", Country: "DE" },
      "Country",
      "is not part of the key",
    ],
    ["null", { BusinessPartner: "1", AddressID: null }, "AddressID", "must not be null"],
    ["another type", { BusinessPartner: "1", AddressID: 2 }, "AddressID", "must be text"],
    ["too long a text", { BusinessPartner: "12345678901", AddressID: "2" }, "BusinessPartner", "at most 10"],
    ["one value for two properties", "1", "", "must name BusinessPartner, AddressID"],
  ])("refuses %s", (_name, key, path, message) => {
    expect(() => entityPath(partner, "A_BusinessPartnerAddress", key)).toThrow(
      expect.objectContaining({
        code: "VALIDATION_FAILED",
        issues: [{ path, message: expect.stringContaining(message) }],
      }),
    );
  });

  it("refuses a set that the service does not have, and a key for a single entity", () => {
    expect(() => entityPath(partner, "A_BusinessPartner(1)/x")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    expect(() => entityPath(v4, "Me", 1)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });
});

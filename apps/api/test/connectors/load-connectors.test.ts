import { salesforce } from "@isthmus/salesforce";
import { describe, expect, it } from "vitest";
import { loadConnectors } from "../../src/connectors/load-connectors.js";

describe("loadConnectors", () => {
  it("finds the connectors among the service's own dependencies, by what their package.json says", async () => {
    const imported: string[] = [];
    const factory = await loadConnectors({
      importPackage: (name) => {
        imported.push(name);
        return import(/* @vite-ignore */ name);
      },
    });
    expect(imported).toEqual(["@isthmus/custom", "@isthmus/quickbooks", "@isthmus/salesforce", "@isthmus/sap"]);
    expect(factory.definitions().map(({ type }) => type)).toEqual(["custom", "quickbooks", "salesforce", "sap"]);
  });

  it("takes the packages that are named, and refuses those that are missing or no connectors", async () => {
    const factory = await loadConnectors({ packages: ["@isthmus/salesforce"] });
    expect(factory.definition("salesforce").type).toBe("salesforce");
    await expect(loadConnectors({ packages: ["@acme/not-there"] })).rejects.toThrow(
      /@acme\/not-there, which is not installed/,
    );
    await expect(loadConnectors({ packages: ["pino"] })).rejects.toThrow(/pino, which is not a connector package/);
  });

  it("loads none when none is named", async () => {
    expect((await loadConnectors({ packages: [] })).definitions()).toEqual([]);
  });

  it("refuses a package that exports no definition, two of them, or one of another specification", async () => {
    const load = (exports: object) =>
      loadConnectors({ packages: ["@isthmus/salesforce"], importPackage: async () => exports });
    await expect(load({ helper: () => 1 })).rejects.toThrow(/no connector definition/);
    await expect(load({ salesforce, again: { ...salesforce, type: "other" } })).rejects.toThrow(/more than one/);
    await expect(load({ salesforce: { ...salesforce, specificationVersion: 2 } })).rejects.toMatchObject({
      code: "INVALID_DEFINITION",
    });
  });
});

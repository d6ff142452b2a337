import { describe, expect, it } from "vitest";
import { z } from "zod";
import { BaseConnector, type ConnectorDefinition, defineConnector, defineScheme } from "../contract/index.js";
import { defaultRefreshPolicy } from "../oauth/index.js";
import { ConnectorFactory } from "./index.js";

class ExampleConnector extends BaseConnector<unknown, { readonly baseUrl: string; readonly unit: string }> {
  protected identify() {
    return Promise.resolve({ id: "1", name: "Example", environment: "unknown" as const });
  }
  protected baseUrl() {
    return this.context.configuration.baseUrl;
  }
  protected mapFailure(): never {
    throw new Error("not reached");
  }
  get unit(): string {
    return this.context.configuration.unit;
  }
}

class OtherConnector extends ExampleConnector {}

const configuration = z.strictObject({ baseUrl: z.url(), unit: z.string().default("one") });

type Configuration = z.output<typeof configuration>;

function define(
  type: string,
  connector: typeof ExampleConnector,
  change: Partial<ConnectorDefinition<Configuration, ExampleConnector>> = {},
) {
  return defineConnector<Configuration, ExampleConnector>({
    specificationVersion: 1,
    type,
    displayName: type,
    version: "1.2.0",
    authentication: {
      api_key: defineScheme({ title: "API key", credentials: z.strictObject({ apiKey: z.string().min(1) }) }),
    },
    configuration,
    externalSystemUrlField: "baseUrl",
    refreshPolicy: defaultRefreshPolicy,
    allowedHosts: ({ baseUrl }) => [new URL(baseUrl).hostname],
    operations: () => [],
    create: (context) => new connector(context),
    ...change,
  });
}

const settings = {
  authenticationMethod: "api_key" as const,
  credentials: { apiKey: "k" },
  configuration: { baseUrl: "https://api.example.com" },
};

describe("ConnectorFactory", () => {
  it("TEST-002 makes the connector of each type, with its own class and its configuration's defaults", () => {
    const factory = new ConnectorFactory([define("example", ExampleConnector), define("other", OtherConnector)]);
    const example = factory.create("example", settings);
    expect(example).toBeInstanceOf(ExampleConnector);
    expect(example).not.toBeInstanceOf(OtherConnector);
    expect((example as ExampleConnector).unit).toBe("one");
    expect(factory.create("other", settings)).toBeInstanceOf(OtherConnector);
  });

  it("TEST-002 names the installed types and the package to install when a type is unknown", () => {
    const factory = new ConnectorFactory([define("example", ExampleConnector)]);
    expect(() => factory.create("sap", settings)).toThrow(
      expect.objectContaining({
        code: "UNKNOWN_CONNECTOR_TYPE",
        message: expect.stringMatching(/Installed types: example\..*@isthmus\/sap/),
      }),
    );
  });

  it("does not repeat a type that could not be a package", () => {
    expect(() => new ConnectorFactory().definition("<script>")).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("script") }),
    );
  });

  it("refuses a type twice, another specification version, a bad type and a connector without authentication", () => {
    const invalid = expect.objectContaining({ code: "INVALID_DEFINITION" });
    const example = define("example", ExampleConnector);
    expect(() => new ConnectorFactory([example, example])).toThrow(invalid);
    expect(() => define("Bad Type", ExampleConnector)).toThrow(invalid);
    expect(() => define("example", ExampleConnector, { specificationVersion: 2 as 1 })).toThrow(invalid);
    expect(() => define("example", ExampleConnector, { authentication: {} })).toThrow(invalid);
    expect(() => define("example", ExampleConnector, { version: "one" })).toThrow(invalid);
  });

  it("refuses settings that do not fit and methods that the type does not know", () => {
    const factory = new ConnectorFactory([define("example", ExampleConnector)]);
    expect(() => factory.create("example", { ...settings, credentials: {} })).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED", issues: [expect.objectContaining({ path: "apiKey" })] }),
    );
    expect(() => factory.create("example", { ...settings, authenticationMethod: "basic" })).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED", message: expect.stringContaining("api_key") }),
    );
  });

  it("puts externalSystemUrl into the field that the definition names, and refuses a contradiction", () => {
    const factory = new ConnectorFactory([define("example", ExampleConnector)]);
    const externalSystemUrl = "https://erp.example.com";
    expect(() => factory.create("example", { ...settings, configuration: {}, externalSystemUrl })).not.toThrow();
    expect(() => factory.create("example", { ...settings, externalSystemUrl })).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED" }),
    );
  });

  it("refuses an externalSystemUrl that the connector would never use", () => {
    const factory = new ConnectorFactory([define("fixed", ExampleConnector, { externalSystemUrlField: undefined })]);
    expect(() => factory.create("fixed", { ...settings, externalSystemUrl: "https://erp.example.com" })).toThrow(
      expect.objectContaining({
        code: "VALIDATION_FAILED",
        issues: [expect.objectContaining({ path: "externalSystemUrl" })],
      }),
    );
  });

  it("migrates a configuration that an older version of the package stored", () => {
    const migrate = (stored: unknown, from: string) => ({ ...(stored as object), unit: `from ${from}` });
    const factory = new ConnectorFactory([define("example", ExampleConnector, { migrate })]);
    const old = factory.create("example", { ...settings, configurationVersion: "1.0.0" }) as ExampleConnector;
    const current = factory.create("example", { ...settings, configurationVersion: "1.2.0" }) as ExampleConnector;
    expect([old.unit, current.unit]).toEqual(["from 1.0.0", "one"]);
  });
});

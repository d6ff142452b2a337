import { describe, expect, it } from "vitest";
import { ConfigurationError, readConfiguration } from "../../src/configuration/index.js";

const key = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString("base64")}`;
const good = { ISTHMUS_KEYS: key("k1", 7) };

function problemsOf(
  environment: Record<string, string>,
): readonly { readonly variable: string; readonly problem: string }[] {
  try {
    readConfiguration(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

const variables = (environment: Record<string, string>) => problemsOf(environment).map(({ variable }) => variable);

describe("readConfiguration", () => {
  it("needs a key and nothing else", () => {
    expect(readConfiguration(good)).toMatchObject({
      production: false,
      port: 3000,
      host: "127.0.0.1",
      publicUrl: undefined,
      databaseUrl: undefined,
      dataDirectory: "./.isthmus",
      inboundRetentionDays: 30,
      recordRetentionDays: 90,
      changeRequestDays: 7,
      bulkContentLimitBytes: 1_073_741_824,
      quotaShares: { interactive: 1, hook: 0.95, sync: 0.9, backfill: 0.8 },
      role: "all",
      connectors: undefined,
      allowedPrivateHosts: [],
      platformKey: undefined,
      returnToOrigins: [],
      corsOrigins: [],
      trustedProxies: [],
      rateLimits: { perKey: 1_200, perTenant: 6_000, refusedPerAddress: 60 },
      logLevel: "info",
    });
  });

  it("says how to make a key when there is none, and takes an empty variable as none", () => {
    for (const environment of [{}, { ISTHMUS_KEYS: "" }]) {
      expect(() => readConfiguration(environment as Record<string, string>)).toThrow(
        /ISTHMUS_KEYS: is missing.*node -p/,
      );
    }
  });

  it.each([
    ["short", `k1:${Buffer.alloc(16, 9).toString("base64")}`, "16 bytes"],
    ["not base64", "k1:this is not base64!", "not base64"],
    ["without an id", Buffer.alloc(32, 9).toString("base64"), "no id"],
    ["named twice", `${key("k1", 1)},${key("k1", 2)}`, "twice"],
  ])("refuses a key that is %s, without repeating it", (_, keys, words) => {
    const [problem, ...others] = problemsOf({ ISTHMUS_KEYS: keys });
    expect(others).toEqual([]);
    expect(problem?.problem).toContain(words);
    const material = keys.split(":").at(-1) ?? "";
    expect(() => readConfiguration({ ISTHMUS_KEYS: keys })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(material) }),
    );
  });

  it("names every problem at once, each with an example", () => {
    const environment = {
      PORT: "high",
      PUBLIC_URL: "isthmus.example.com",
      DATABASE_URL: "mysql://db",
      ISTHMUS_ROLE: "boss",
      ISTHMUS_CONNECTORS: "../evil",
      ISTHMUS_ALLOWED_PRIVATE_HOSTS: "10.0.0.1",
      ISTHMUS_CERTIFICATE_DIR: "./certificates",
      ISTHMUS_PLATFORM_KEY: "sesame",
      ISTHMUS_RETURN_TO: "https://app.example.com/path",
      LOG_LEVEL: "loud",
    };
    expect(variables(environment)).toEqual(expect.arrayContaining(["ISTHMUS_KEYS", ...Object.keys(environment)]));
    expect(() => readConfiguration(environment)).toThrow(/PORT: .* Example: PORT=3000/);
    expect(() => readConfiguration(environment)).not.toThrow(/high|mysql|sesame|loud/);
  });

  it("refuses a platform key that no Authorization header can carry, without repeating it", () => {
    for (const platformKey of ["a platform key with spaces 0123456789", `${"k".repeat(32)}\n`, "schlüssel".repeat(4)]) {
      const environment = { ...good, ISTHMUS_PLATFORM_KEY: platformKey };
      expect(variables(environment)).toEqual(["ISTHMUS_PLATFORM_KEY"]);
      expect(() => readConfiguration(environment)).not.toThrow(platformKey);
    }
  });

  it("reads lists, trims them, and reduces addresses to origins", () => {
    const configuration = readConfiguration({
      ...good,
      PORT: "0",
      PUBLIC_URL: "https://isthmus.example.com/",
      ISTHMUS_CONNECTORS: "@isthmus/custom, @acme/isthmus-crm",
      ISTHMUS_ALLOWED_PRIVATE_HOSTS: "sap.intern:44300,127.0.0.1:4010, [::1]:4010",
      ISTHMUS_RETURN_TO: "https://app.example.com:8443",
    });
    expect(configuration).toMatchObject({
      port: 0,
      publicUrl: "https://isthmus.example.com",
      connectors: ["@isthmus/custom", "@acme/isthmus-crm"],
      allowedPrivateHosts: ["sap.intern:44300", "127.0.0.1:4010", "[::1]:4010"],
      returnToOrigins: ["https://app.example.com:8443"],
    });
  });

  it("reads what each kind of work may use of a day's quota, in percent", () => {
    const { quotaShares } = readConfiguration({ ...good, ISTHMUS_QUOTA_SHARES: "sync=70, backfill=50" });
    expect(quotaShares).toEqual({ interactive: 1, hook: 0.95, sync: 0.7, backfill: 0.5 });
    for (const wrong of ["sync", "sync=0", "sync=101", "night=50", "sync=7.5"]) {
      expect(variables({ ...good, ISTHMUS_QUOTA_SHARES: wrong }), wrong).toEqual(["ISTHMUS_QUOTA_SHARES"]);
    }
  });

  it("wants a shared database for a role of its own", () => {
    expect(variables({ ...good, ISTHMUS_ROLE: "worker" })).toEqual(["DATABASE_URL"]);
    expect(variables({ ...good, ISTHMUS_ROLE: "worker", DATABASE_URL: "postgresql://db/isthmus" })).toEqual([]);
  });

  it("refuses in production: generated keys, http, no address, private hosts without a reason", () => {
    const production = { ...good, NODE_ENV: "production", PUBLIC_URL: "https://isthmus.example.com" };
    expect(variables(production)).toEqual([]);
    expect(variables({ ...production, ISTHMUS_KEYS: `${key("k2", 1)},${key("quickstart-1", 2)}` })).toEqual([
      "ISTHMUS_KEYS",
    ]);
    expect(variables({ ...production, PUBLIC_URL: "http://isthmus.example.com" })).toEqual(["PUBLIC_URL"]);
    expect(variables({ ...good, NODE_ENV: "production" })).toEqual(["PUBLIC_URL"]);
    const open = { ...production, ISTHMUS_ALLOWED_PRIVATE_HOSTS: "10.0.0.8:443" };
    expect(variables(open)).toEqual(["ISTHMUS_ALLOW_PRIVATE_IN_PRODUCTION"]);
    expect(variables({ ...open, ISTHMUS_ALLOW_PRIVATE_IN_PRODUCTION: "SAP is on premise" })).toEqual([]);
    expect(variables({ ...good, ISTHMUS_KEYS: key("quickstart-1", 2) })).toEqual([]);
  });
});

describe("readConfiguration, of the edges", () => {
  it("takes exact origins, addresses and networks, and rates", () => {
    const configuration = readConfiguration({
      ...good,
      ISTHMUS_CORS_ORIGINS: "https://app.example.com/, http://localhost:5173",
      ISTHMUS_TRUSTED_PROXIES: "10.0.0.7, 10.1.0.0/16, fd12:3456::/48, ::1",
      ISTHMUS_RATE_PER_KEY: "0",
      ISTHMUS_RATE_REFUSED: "5",
    });
    expect(configuration).toMatchObject({
      corsOrigins: ["https://app.example.com", "http://localhost:5173"],
      trustedProxies: ["10.0.0.7", "10.1.0.0/16", "fd12:3456::/48", "::1"],
      rateLimits: { perKey: 0, perTenant: 6_000, refusedPerAddress: 5 },
    });
  });

  it.each([
    ["ISTHMUS_CORS_ORIGINS", "*"],
    ["ISTHMUS_CORS_ORIGINS", "null"],
    ["ISTHMUS_CORS_ORIGINS", "https://*.example.com"],
    ["ISTHMUS_CORS_ORIGINS", "https://app.example.com/path"],
    ["ISTHMUS_CORS_ORIGINS", "https://user@app.example.com"],
    ["ISTHMUS_TRUSTED_PROXIES", "loopback"],
    ["ISTHMUS_TRUSTED_PROXIES", "proxy.example.com"],
    ["ISTHMUS_TRUSTED_PROXIES", "true"],
    ["ISTHMUS_TRUSTED_PROXIES", "0.0.0.0/0"],
    ["ISTHMUS_TRUSTED_PROXIES", "::/0"],
    ["ISTHMUS_TRUSTED_PROXIES", "10.0.0.0/33"],
    ["ISTHMUS_TRUSTED_PROXIES", "10.0.0.0/255.0.0.0"],
    ["ISTHMUS_TRUSTED_PROXIES", "10.0.0.0/"],
    ["ISTHMUS_TRUSTED_PROXIES", "fe80::1%eth0"],
    ["ISTHMUS_RATE_PER_KEY", "-1"],
    ["ISTHMUS_RATE_PER_TENANT", "many"],
    ["ISTHMUS_RATE_REFUSED", "1.5"],
  ])("refuses %s=%s", (variable, value) => {
    expect(variables({ ...good, [variable]: value })).toEqual([variable]);
  });
});

describe("readConfiguration, of key providers", () => {
  const arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
  const aws = { ISTHMUS_AWS_KMS_KEYS: `${arn}, alias/older` };
  const transit = {
    ISTHMUS_TRANSIT_ADDRESS: "https://vault.example.com:8200/",
    ISTHMUS_TRANSIT_KEYS: "k2,k1",
    ISTHMUS_TRANSIT_TOKEN: "hvs.s3cr3t",
  };

  it("takes the local keyring alone unless told otherwise", () => {
    const { keys } = readConfiguration(good);
    expect(keys).toMatchObject({ provider: "local", keyring: { keyIds: ["k1"] } });
    expect([keys.awsKms, keys.transit]).toEqual([undefined, undefined]);
  });

  it("needs no local keyring where another kind wraps, and keeps the others for opening", () => {
    expect(readConfiguration({ ...aws, ISTHMUS_KEY_PROVIDER: "aws-kms" }).keys).toMatchObject({
      provider: "aws-kms",
      keyring: undefined,
      awsKms: { keyIds: [arn, "alias/older"], endpoint: undefined },
    });
    expect(readConfiguration({ ...good, ...aws, ...transit, ISTHMUS_KEY_PROVIDER: "transit" }).keys).toMatchObject({
      provider: "transit",
      keyring: { keyIds: ["k1"] },
      awsKms: { keyIds: [arn, "alias/older"] },
      transit: {
        address: "https://vault.example.com:8200",
        keys: ["k2", "k1"],
        mount: undefined,
        namespace: undefined,
        token: { value: "hvs.s3cr3t" },
      },
    });
  });

  it.each([
    [{ ISTHMUS_KEY_PROVIDER: "aws-kms" }, ["ISTHMUS_AWS_KMS_KEYS"]],
    [
      { ISTHMUS_KEY_PROVIDER: "transit" },
      ["ISTHMUS_TRANSIT_ADDRESS", "ISTHMUS_TRANSIT_KEYS", "ISTHMUS_TRANSIT_TOKEN_FILE"],
    ],
    [{ ...transit }, ["ISTHMUS_KEYS"]],
    [{ ...good, ISTHMUS_AWS_KMS_ENDPOINT: "https://kms.example.com" }, ["ISTHMUS_AWS_KMS_KEYS"]],
    [{ ...good, ...transit, ISTHMUS_TRANSIT_ADDRESS: "" }, ["ISTHMUS_TRANSIT_ADDRESS"]],
    [{ ...good, ...transit, ISTHMUS_TRANSIT_TOKEN: "" }, ["ISTHMUS_TRANSIT_TOKEN_FILE"]],
    [{ ...good, ...transit, ISTHMUS_TRANSIT_TOKEN_FILE: "/run/token" }, ["ISTHMUS_TRANSIT_TOKEN_FILE"]],
    [{ ...good, ISTHMUS_KEY_PROVIDER: "hsm" }, ["ISTHMUS_KEY_PROVIDER"]],
  ])("names what is missing or contradictory: %j", (environment, expected) => {
    expect(variables(environment)).toEqual(expected);
    expect(() => readConfiguration(environment)).toThrow(/Example: ISTHMUS_/);
  });

  it.each([
    ["ISTHMUS_AWS_KMS_KEYS", "1234abcd-s3cr3t"],
    ["ISTHMUS_AWS_KMS_KEYS", `${arn},s3cr3t`],
    ["ISTHMUS_AWS_KMS_KEYS", ","],
    ["ISTHMUS_AWS_KMS_ENDPOINT", "https://kms.example.com/s3cr3t"],
    ["ISTHMUS_TRANSIT_ADDRESS", "https://vault.example.com/s3cr3t"],
    ["ISTHMUS_TRANSIT_ADDRESS", "http://s3cr3t.example.com"],
    ["ISTHMUS_TRANSIT_ADDRESS", "https://10.0.0.1:8200"],
    ["ISTHMUS_AWS_KMS_ENDPOINT", "http://s3cr3t.example.com"],
    ["ISTHMUS_TRANSIT_KEYS", "../s3cr3t"],
    ["ISTHMUS_TRANSIT_MOUNT", "/s3cr3t"],
    ["ISTHMUS_TRANSIT_NAMESPACE", "s3cr3t two"],
    ["ISTHMUS_TRANSIT_TOKEN", "s3cr3t\n"],
  ])("refuses %s=%j without repeating it", (name, value) => {
    const environment = { ...good, ...aws, ...transit, [name]: value };
    expect(variables(environment)).toEqual([name]);
    expect(() => readConfiguration(environment)).not.toThrow(/s3cr3t/);
  });

  it("takes a private address of a key provider that is allowed", () => {
    const environment = { ...good, ...transit, ISTHMUS_TRANSIT_ADDRESS: "http://10.0.0.1:8200" };
    expect(variables({ ...environment, ISTHMUS_ALLOWED_PRIVATE_HOSTS: "10.0.0.1:8200" })).toEqual([]);
  });
});

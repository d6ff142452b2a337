import { describe, expect, it } from "vitest";
import { createQuickbooksConnector, type QuickbooksOptions, quickbooks } from "../src/index.js";
import { configurationSchema } from "../src/options.js";

const redirectUri = "https://app.example.com/callback";
const make = (options: Partial<QuickbooksOptions> = {}) =>
  createQuickbooksConnector({ clientId: "id", clientSecret: "secret", ...options });

describe("the configuration", () => {
  it.each([
    ["sandbox", "https://sandbox-quickbooks.api.intuit.com", "https://sandbox.api.intuit.com"],
    ["production", "https://quickbooks.api.intuit.com", "https://api.intuit.com"],
  ] as const)("TASK-015 names Intuit's hosts for each environment: %s", async (environment, api, payments) => {
    const asked: string[] = [];
    const transport = {
      request: async ({ url }: { readonly url: string }) => {
        asked.push(new URL(url).origin);
        const headers = { "content-type": "application/json" };
        const text = url.includes("tokens/bearer")
          ? '{"access_token":"a","refresh_token":"r","token_type":"bearer","expires_in":3600}'
          : '{"Item":{"Id":"1","SyncToken":"0"},"id":"1","status":"CAPTURED"}';
        const json = () => JSON.parse(text);
        return { status: 200, headers, body: Buffer.from(text), text: () => text, json, tryJson: json };
      },
      stream: () => Promise.reject(new Error("not used")),
      assertAllowed: () => undefined,
      pool: () => ({ name: "connections", open: 0, busy: 0, waiting: 0 }),
      close: async () => undefined,
    };
    const connector = make({ environment, realmId: "1", refreshToken: "r", transport });
    await connector.read("Item", "1");
    await connector.payments.readCharge("1");
    expect(new Set(asked)).toEqual(new Set(["https://oauth.platform.intuit.com", api, payments]));
    const { authorizationUrl } = await connector.getAuthUrl({ redirectUri });
    expect(authorizationUrl).toMatch(/^https:\/\/appcenter\.intuit\.com\/connect\/oauth2\?/);
    expect(new URL(authorizationUrl).searchParams.get("scope")).toBe("com.intuit.quickbooks.accounting");
  });

  it.each<[string, Partial<QuickbooksOptions>, string]>([
    ["an old minor version", { minorVersion: 74 }, "minorVersion"],
    ["an address with a path", { apiUrl: "https://quickbooks.api.intuit.com/v3" }, "apiUrl"],
    ["an address of the other environment", { apiUrl: "https://quickbooks.api.intuit.com" }, "environment"],
    ["a refresh token without its company", { refreshToken: "r" }, "realmId"],
    ["a company id that is none", { realmId: "abc" }, "realmId"],
    ["no secret", { clientSecret: "" }, "clientSecret"],
    ["a limit of nothing", { limits: { callsPerSecond: 0 } }, "limits.callsPerSecond"],
  ])("refuses %s", (_case, options, path) => {
    expect(() => make(options)).toThrowError(
      expect.objectContaining({ code: "VALIDATION_FAILED", issues: [expect.objectContaining({ path })] }),
    );
  });

  it("has the defaults that its documentation names", () => {
    expect(configurationSchema.parse({})).toEqual({
      environment: "sandbox",
      scopes: ["com.intuit.quickbooks.accounting"],
      minorVersion: 75,
      limits: { concurrency: 10, callsPerSecond: 10, callsPerMinute: 500, batchesPerMinute: 40 },
      timeouts: {},
    });
  });

  it("lets no host in but Intuit's and its files'", async () => {
    expect(quickbooks.allowedHosts(configurationSchema.parse({}))).toEqual(["*.intuit.com", "*.amazonaws.com"]);
    const elsewhere = make({ apiUrl: "https://books.example.com", realmId: "1", refreshToken: "r" });
    await expect(elsewhere.read("Item", "1")).rejects.toMatchObject({ code: "FORBIDDEN_TARGET" });
    await elsewhere.close();
  });
});

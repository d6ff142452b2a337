import { readFileSync } from "node:fs";
import { ConnectorError, OAuthClient, type OAuthProfile } from "@isthmus/core";
import { startSalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createSalesforceConnector, salesforce } from "../src/index.js";
import { redirectUri } from "./connect.js";

const fixtureSchema = z.strictObject({
  source: z.string(),
  cases: z.array(
    z.strictObject({
      name: z.string(),
      body: z.looseObject({ error: z.string(), error_description: z.string().optional() }),
      code: z.string(),
      /** Found in the message. */
      advice: z.string(),
    }),
  ),
});
const file = new URL("fixtures/oauth-errors.json", import.meta.url);
const { cases } = fixtureSchema.parse(JSON.parse(readFileSync(file, "utf8")));

let sandbox: Awaited<ReturnType<typeof startSalesforceSandbox>>;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ seed: false });
});

afterAll(() => sandbox.close());

describe("a refusal of Salesforce's token endpoint", () => {
  it.each(cases)("$name is $code", async ({ body, code, advice }) => {
    const connector = createSalesforceConnector({
      clientId: sandbox.client.id,
      clientSecret: sandbox.client.secret,
      refreshToken: "5Aep861-a-refresh-token-that-nobody-may-see",
      loginUrl: sandbox.url,
      allowedPrivateHosts: [new URL(sandbox.url).host],
    });
    sandbox.addFault({ path: "/services/oauth2/token", status: 400, body });
    const error: unknown = await connector.limits().catch((failure: unknown) => failure);
    await connector.close();
    if (!(error instanceof ConnectorError)) throw new Error("It was not refused as a ConnectorError");
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(advice)]);
    expect(error.message + JSON.stringify(error.vendor)).not.toContain("5Aep861");
  });

  it("is explained where the page of the authorization reports it, too", async () => {
    const profile: OAuthProfile | undefined = salesforce.authentication.oauth2_authorization_code?.oauth?.(
      { clientId: "key" },
      salesforce.configuration.parse({}),
    );
    if (profile === undefined) throw new Error("The scheme has no profile");
    const transport = {
      request: refuse,
      stream: refuse,
      pool: refuse,
      assertAllowed: () => undefined,
      close: async () => undefined,
    };
    const client = new OAuthClient({ profile, transport });
    const { pending } = await client.startAuthorization({ redirectUri });
    const callback = `${redirectUri}?state=${pending.state}&error=OAUTH_EC_APP_NOT_FOUND`;
    await expect(client.finishAuthorization(callback, pending)).rejects.toThrow(/My Domain/);
  });
});

function refuse(): never {
  throw new Error("Nothing may be sent.");
}

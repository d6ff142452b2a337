import { MemoryTokenStore } from "@isthmus/core";
import type { SalesforceSandbox } from "@isthmus/sandbox";
import { FakeClock } from "@isthmus/testkit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { AuthorizationCodeOptions } from "../src/index.js";
import { allowInBrowser, connectorTo, redirectUri, startSandbox } from "./connect.js";

const minuteMs = 60_000;
let sandbox: SalesforceSandbox;

beforeEach(async () => {
  sandbox = await startSandbox({ seed: false });
});

afterEach(() => sandbox.close());

/** Minutes after which the first call asks for a new token, and how often the session's end was asked for until then. */
async function watchSession(options: Partial<AuthorizationCodeOptions> = {}) {
  const clock = new FakeClock();
  const tokenStore = new MemoryTokenStore({ clock });
  const connector = connectorTo(sandbox, { clock, tokenStore, ...options });
  const { authorizationUrl, pending } = await connector.getAuthUrl({ redirectUri });
  await connector.handleCallback(await allowInBrowser(authorizationUrl), pending);
  const asks = () => sandbox.requests({ path: "/services/oauth2/introspect" }).length;
  // The question is asked beside the callers.
  if (asks() > 0) await vi.waitFor(async () => expect((await tokenStore.load()).tokens?.expiresAtMs).toBeDefined());
  const asked = asks();
  for (let minutes = 0; minutes < 180; minutes += 1) {
    await connector.limits();
    if (sandbox.requests({ path: "/services/oauth2/token" }).length > 1) {
      await connector.close();
      return { minutes, asked };
    }
    clock.advance(minuteMs);
  }
  throw new Error("The token was not renewed within three hours.");
}

it("renews the token some five minutes before the session lifetime that is configured, and does not ask for it", async () => {
  const { minutes, asked } = await watchSession({ sessionLifetimeMs: 30 * minuteMs });
  expect(minutes).toBeGreaterThanOrEqual(23);
  expect(minutes).toBeLessThanOrEqual(27);
  expect(asked).toBe(0);
});

it.each<[string, Partial<AuthorizationCodeOptions>]>([
  ["it may not be asked for", { introspect: "never" }],
  ["the app is a public client, which cannot ask", { clientSecret: undefined }],
])("assumes two hours when none is configured and %s", async (_why, options) => {
  sandbox.configure({ requireClientSecret: false, accessTokenLifetimeMs: 40 * minuteMs });
  const { minutes, asked } = await watchSession(options);
  expect(minutes).toBeGreaterThanOrEqual(113);
  expect(minutes).toBeLessThanOrEqual(120);
  expect(asked).toBe(0);
});

it("is told when the session ends also where the connector was opened for a renewal alone", async () => {
  const tokenStore = new MemoryTokenStore();
  const connector = connectorTo(sandbox, { tokenStore });
  const { authorizationUrl, pending } = await connector.getAuthUrl({ redirectUri });
  await connector.handleCallback(await allowInBrowser(authorizationUrl), pending);
  await connector.close();
  const worker = connectorTo(sandbox, { tokenStore });
  await worker.refreshToken();
  await worker.close();
  const { version, tokens } = await tokenStore.load();
  expect(version).toBe(2);
  expect(tokens?.expiresAtMs).toBeGreaterThan(Date.now());
});

it("asks when the session ends, once for a token, and renews some five minutes before", async () => {
  sandbox.configure({ accessTokenLifetimeMs: 40 * minuteMs });
  const { minutes, asked } = await watchSession();
  expect(minutes).toBeGreaterThanOrEqual(32);
  expect(minutes).toBeLessThanOrEqual(37);
  expect(asked).toBe(1);
});

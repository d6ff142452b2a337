import { expect } from "vitest";
import { TestBrowser } from "../../support/browser.js";
import { sandboxConnector, type TestService, type TestTenantClient } from "../../support/service.js";

/** Where the sandbox is told to revoke. */
export const revokePath = "/services/oauth2/revoke";

/** Adds a connector to the sandbox and authorises it. @returns its id. */
export async function connect(
  service: TestService,
  { api }: TestTenantClient,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { id } = (await api.post("/v1/connectors", sandboxConnector(service, changes))).body;
  const link = await api.post(`/v1/connectors/${id}/authorize`);
  expect((await new TestBrowser().follow(link.body.authorizationUrl)).text).toContain("Connected");
  return id;
}

/** How often the sandbox was asked to revoke. */
export function revocations({ sandbox }: TestService): number {
  return sandbox.requests().filter(({ path }) => path.startsWith(revokePath)).length;
}

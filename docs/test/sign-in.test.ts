import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startIdentityServer } from "../../apps/api/test/support/identity-server.js";
import { useServerDatabase } from "../../apps/api/test/support/server-database.js";
import { startTestService } from "../../apps/api/test/support/service.js";
import { readSnippet } from "./support/snippets.js";
import { Terminal } from "./support/terminal.js";

const guide = "docs/sign-in.md";

describe("the guide to signing in", () => {
  const get = useServerDatabase();
  let terminal: Terminal;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const identity = await startIdentityServer();
    const settings = { allowedPrivateHosts: [identity.host] };
    const service = await startTestService(get().database, { settings });
    close = async () => {
      await service.close();
      await identity.close();
    };
    const tenant = await service.createTenant();
    identity.claims.set("ann", { groups: ["controlling"], email: "ann@example.com", name: "Ann" });
    const { accessToken } = await identity.logIn();
    const variables = { ISTHMUS_URL: service.url, ISTHMUS_API_KEY: tenant.apiKey, ISSUER: identity.issuer };
    terminal = new Terminal(tmpdir());
    for (const [name, value] of Object.entries({
      ...variables,
      ACCESS_TOKEN: accessToken,
      TENANT_ID: tenant.tenantId,
    })) {
      await terminal.paste(`export ${name}='${value}'`);
    }
  });
  afterAll(async () => {
    terminal?.close();
    await close?.();
  });

  it("prints what it shows, for a tenant and a provider that are there", async () => {
    for (const step of ["sign-in-1", "sign-in-2"]) {
      const printed = await terminal.paste(readSnippet(guide, `snippet:${step}`));
      expect(printed.trim()).toBe(readSnippet(guide, `output:${step}`).trim());
    }
  });
});

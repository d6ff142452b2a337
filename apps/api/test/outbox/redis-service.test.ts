import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalKeyring } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import { startServiceProcess } from "../support/service-process.js";

const { TEST_REDIS_URL: given } = process.env;
const redisUrl = given ?? "";
const platformKey = "the-platform-key-of-this-test-0123456789";

/** One command of Redis', and the text of its answer. */
async function ask(command: string): Promise<string> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect(Number(port), hostname);
  socket.write(`${command}\r\nQUIT\r\n`);
  let answer = "";
  for await (const piece of socket) answer += piece;
  return answer;
}

describe.skipIf(given === undefined)("a service with the Redis sink (TEST_REDIS_URL)", () => {
  const get = useServerDatabase();

  it("hands over what happens", { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "isthmus-redis-"));
    const service = startServiceProcess({
      ISTHMUS_DATA: join(folder, "data"),
      DATABASE_URL: get().url,
      ISTHMUS_KEYS: LocalKeyring.generate(),
      ISTHMUS_PLATFORM_KEY: platformKey,
      ISTHMUS_SINKS: "@isthmus/sink-redis",
      ISTHMUS_REDIS_URL: redisUrl,
      ISTHMUS_REDIS_PREFIX: `isthmus-test-${crypto.randomUUID()}:`,
    });
    try {
      const url = await service.ready;
      const administrator = { name: "Ada Admin", email: "ada@example.com" };
      const made = (await new ApiClient(url, platformKey).post("/v1/tenants", { name: "Acme", administrator })).body;
      const asked = await new ApiClient(url, made.apiKey.key).post("/v1/connectors", {
        ...{ code: "crm", name: "CRM", type: "salesforce", environment: "production" },
        ...{ externalSystemUrl: "https://login.salesforce.com", authenticationMethod: "oauth2_authorization_code" },
        credentials: { clientId: "client", clientSecret: "the-client-secret" },
      });
      expect(asked.status).toBe(202);
      const stream = async () => {
        const [key] = /isthmus-test-\S+:events/.exec(await ask(`KEYS isthmus-test-*{${made.tenant.id}}:events`)) ?? [];
        return key === undefined ? "" : ask(`XRANGE ${key} - +`);
      };
      await expect.poll(stream, { timeout: 20_000, interval: 200 }).toContain("change_request.requested");
      expect(await stream()).toContain(asked.body.id);
      expect(await stream()).not.toContain("the-client-secret");
      for (const key of (await ask(`KEYS isthmus-test-*{${made.tenant.id}}*`)).match(/isthmus-test-\S+/g) ?? [])
        await ask(`DEL ${key}`);
    } finally {
      service.child.kill("SIGKILL");
      await service.ended;
      await rm(folder, { recursive: true, force: true });
    }
  });
});

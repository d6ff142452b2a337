import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey, sandboxConnector } from "../support/service.js";
import { eventsOf, type SignInService, startSignInService, type TrustingTenant } from "./sign-in-service.js";

describe("rights that come with a token", () => {
  const get = useServerDatabase();
  let world: SignInService;
  let tenant: TrustingTenant;

  beforeAll(async () => {
    world = await startSignInService(get().database);
  });
  beforeEach(async () => {
    tenant = await world.createTenant();
  });
  afterAll(() => world?.close());

  const as = async (subject: string, ...groups: string[]) =>
    world.as(await world.identity.sign({ sub: subject, email: `${subject}@example.com`, groups }), tenant.tenantId);
  const idOf = async (email: string): Promise<string> =>
    (await tenant.api.get("/v1/users")).body.data.find((user: { email: string }) => user.email === email).id;

  it("make no API key: it would outlive what the provider says", async () => {
    const editor = await as("eva", "isthmus-editors");
    const refused = await editor.post("/v1/api-keys", { name: "for ever" });
    expect(refused).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
    expect(refused.body.detail).toContain("administrator");
    // A key that an administrator has made for her has the roles that she was given here, and none of her groups'.
    const userId = await idOf("eva@example.com");
    const key = (await tenant.api.post("/v1/api-keys", { name: "eva's", userId })).body;
    const byKey = new ApiClient(world.service.url, key.key);
    expect((await byKey.get("/v1/connectors")).status).toBe(403);
    await tenant.api.patch(`/v1/users/${userId}`, { roles: ["viewer"] });
    expect((await byKey.get("/v1/connectors")).status).toBe(200);
    expect((await byKey.post("/v1/connectors", sandboxConnector(world.service))).status).toBe(403);
    expect((await editor.post(`/v1/api-keys/${key.id}/rotate`)).body).toMatchObject({ code: "FORBIDDEN" });
    expect((await editor.get("/v1/api-keys")).body.data).toHaveLength(1);
    expect((await editor.delete(`/v1/api-keys/${key.id}`)).status).toBe(204);
    const denied = (await tenant.api.get(`/v1/audit-events?actorUserId=${userId}&outcome=denied`)).body.data;
    expect(denied).toMatchObject([
      { action: "api-keys.all" },
      { action: "connectors.write" },
      {},
      { action: "api-keys.all" },
    ]);
  });

  it("let an administrator make keys, and one administrator be who needs no provider", async () => {
    const admin = await as("axel", "isthmus-admins");
    const userId = tenant.userId;
    expect((await admin.post("/v1/api-keys", { name: "program's", userId })).status).toBe(201);
    const path = `/v1/users/${userId}`;
    for (const change of [{ disabled: true }, { roles: ["viewer"] }, { roles: [] }]) {
      const answer = await admin.patch(path, change);
      expect(answer, JSON.stringify(change)).toMatchObject({ status: 409, body: { code: "LAST_ADMINISTRATOR" } });
    }
    const bob = { email: "bob@example.com", name: "Bob", roles: ["admin"] };
    expect((await admin.post("/v1/users", bob)).status).toBe(201);
    expect((await admin.patch(path, { disabled: true })).status).toBe(200);
    expect((await tenant.api.get("/v1/connectors")).status).toBe(401);
    expect((await admin.get("/v1/users")).status).toBe(200);
  });

  describe("to connect a connector", () => {
    async function start(): Promise<{ id: string; url: string }> {
      const editor = await as("emil", "isthmus-editors");
      const { body } = await editor.post("/v1/connectors", sandboxConnector(world.service));
      const link = await editor.post(`/v1/connectors/${body.id}/authorize`);
      return { id: body.id, url: link.body.authorizationUrl };
    }
    const stateOf = async (id: string) => (await tenant.api.get(`/v1/connectors/${id}`)).body.status;

    it("last until the person is back from the vendor, and the audit knows who it was", async () => {
      const { id, url } = await start();
      await new TestBrowser().follow(url);
      expect(await stateOf(id)).toBe("connected");
      const [created] = await eventsOf(tenant, "connector.created");
      expect(created.actor).toEqual({ userId: await idOf("emil@example.com"), apiKeyId: null });
    });

    it("end when the provider is trusted no more", async () => {
      const { id, url } = await start();
      await tenant.api.patch(`/v1/identity-providers/${tenant.providerId}`, { enabled: false }, { "if-match": '"1"' });
      await new TestBrowser().follow(url);
      expect(await stateOf(id)).toBe("disconnected");
    });

    it("end when the person is disabled", async () => {
      const { id, url } = await start();
      await tenant.api.patch(`/v1/users/${await idOf("emil@example.com")}`, { disabled: true });
      await new TestBrowser().follow(url);
      expect(await stateOf(id)).toBe("disconnected");
    });

    it("are not those of a user who asked with an API key and has lost them since", async () => {
      const carla = { email: "carla@example.com", name: "Carla", roles: ["editor"] };
      const userId = (await tenant.api.post("/v1/users", carla)).body.id;
      const { key } = (await tenant.api.post("/v1/api-keys", { name: "x", userId })).body;
      const api = new ApiClient(world.service.url, key);
      const { id } = (await api.post("/v1/connectors", sandboxConnector(world.service))).body;
      const link = await api.post(`/v1/connectors/${id}/authorize`);
      await tenant.api.patch(`/v1/users/${userId}`, { roles: ["viewer"] });
      await new TestBrowser().follow(link.body.authorizationUrl);
      expect(await stateOf(id)).toBe("disconnected");
    });
  });

  describe("to ask for a change that somebody else approves", () => {
    const wish = () => sandboxConnector(world.service, { environment: "production" });
    const approve = (api: ApiClient, id: string) =>
      api.post(`/v1/change-requests/${id}/approve`, undefined, { "if-match": '"1"' });

    it("are enough, and two people are two, however each of them comes", async () => {
      const editor = await as("ella", "isthmus-editors", "isthmus-controllers");
      const asked = await editor.post("/v1/connectors", wish());
      expect(asked).toMatchObject({ status: 202, body: { status: "pending" } });
      const { id } = asked.body;
      expect((await approve(editor, id)).body).toMatchObject({ code: "OWN_CHANGE_REQUEST" });
      // By a key of hers and by another token it is she all the same.
      const userId = await idOf("ella@example.com");
      await tenant.api.patch(`/v1/users/${userId}`, { roles: ["approver"] });
      const { key } = (await tenant.api.post("/v1/api-keys", { name: "x", userId })).body;
      const others = [
        new ApiClient(world.service.url, key),
        await as("ella", "isthmus-controllers", "isthmus-editors"),
      ];
      for (const api of others) expect((await approve(api, id)).body).toMatchObject({ code: "OWN_CHANGE_REQUEST" });
      const answer = await approve(await as("carl", "isthmus-controllers"), id);
      expect(answer).toMatchObject({ status: 200, body: { status: "approved", requestedBy: userId } });
    });

    it.each([
      ["they have another role there", async () => void (await (await as("emma", "isthmus-readers")).get("/v1/users"))],
      ["they have none there any more", async () => void (await (await as("emma", "staff")).get("/v1/users"))],
      [
        "the provider is trusted no more",
        async () => {
          const path = `/v1/identity-providers/${tenant.providerId}`;
          await tenant.api.patch(path, { enabled: false }, { "if-match": '"1"' });
        },
      ],
    ])("are gone when %s", async (_, lose) => {
      const { id } = (await (await as("emma", "isthmus-editors")).post("/v1/connectors", wish())).body;
      const user = { email: "anton@example.com", name: "Anton", roles: ["approver"] };
      const userId = (await tenant.api.post("/v1/users", user)).body.id;
      const { key } = (await tenant.api.post("/v1/api-keys", { name: "x", userId })).body;
      await lose();
      const answer = await approve(new ApiClient(world.service.url, key), id);
      expect(answer.body).toMatchObject({ code: "CHANGE_REQUEST_STALE" });
    });
  });

  it("go with the tenant", async () => {
    const reader = await as("rita", "isthmus-readers");
    expect((await reader.get("/v1/connectors")).status).toBe(200);
    const platform = new ApiClient(world.service.url, platformKey);
    const { name } = (await platform.get("/v1/tenants?limit=200")).body.data.find(
      (each: { id: string }) => each.id === tenant.tenantId,
    );
    const deleted = await platform.send("DELETE", `/v1/tenants/${tenant.tenantId}`, { name }, {});
    expect(deleted.status).toBe(200);
    expect((await reader.get("/v1/connectors")).status).toBe(401);
  });
});

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useServerDatabase } from "../support/server-database.js";
import { ann, eventsOf, providerOf, type SignInService, startSignInService } from "./sign-in-service.js";

describe("sign-in with an organisation's own identity provider", () => {
  const get = useServerDatabase();
  let world: SignInService;

  beforeAll(async () => {
    world = await startSignInService(get().database);
  });
  afterAll(() => world?.close());

  /** A token of somebody whom nobody knows yet. */
  const tokenOf = (subject: string, changes: object = {}) =>
    world.identity.sign({
      sub: subject,
      email: `${subject}@example.com`,
      email_verified: true,
      name: subject,
      ...changes,
    });

  it("lets somebody in who has logged in there, with the roles that their groups stand for", async () => {
    const tenant = await world.createTenant();
    const { accessToken } = await world.identity.logIn();
    const api = world.as(accessToken, tenant.tenantId);
    expect((await api.get("/v1/connectors")).status).toBe(200);
    expect((await api.get("/v1/users")).body).toMatchObject({ code: "FORBIDDEN" });
    const { data } = (await tenant.api.get("/v1/users")).body;
    const identity = { issuer: world.identity.issuer, subject: "ann" };
    const person = { email: "ann@example.com", name: "Ann Example", roles: [], identity, disabled: false };
    expect(data.slice(1)).toMatchObject([person]);
    const [event, ...more] = await eventsOf(tenant, "user.signed_in");
    expect(more).toEqual([]);
    const details = { providerId: tenant.providerId, issuer: identity.issuer, roles: ["editor"] };
    expect(event).toMatchObject({ actor: { userId: data[1].id, apiKeyId: null }, outcome: "success", details });
    expect(await eventsOf(tenant, "user.created")).toMatchObject([
      { target: { id: data[1].id }, details: { identity } },
    ]);
  });

  it("lets a program in that acts for itself, once an administrator has said who it is", async () => {
    const tenant = await world.createTenant();
    world.identity.claims.set("nightly-job", { groups: ["isthmus-readers"] });
    const api = world.as(await world.identity.logInMachine(), tenant.tenantId);
    const refused = await api.get("/v1/connectors");
    expect(refused).toMatchObject({ status: 403, body: { code: "SIGN_IN_REFUSED", retryable: false } });
    const identity = { issuer: world.identity.issuer, subject: "nightly-job" };
    const program = { email: "job@example.com", name: "Nightly job", roles: [], identity };
    expect((await tenant.api.post("/v1/users", program)).status).toBe(201);
    expect((await api.get("/v1/connectors")).status).toBe(200);
  });

  it("asks for the tenant, and tells no more of one that is not meant than of one that is not there", async () => {
    const tenant = await world.createTenant();
    const foreign = await world.service.createTenant();
    const token = await tokenOf("wanda");
    const answers = [
      await world.as(token, foreign.tenantId).get("/v1/connectors"),
      await world.as(token, randomUUID()).get("/v1/connectors"),
      await world.as(token, "no id").get("/v1/connectors"),
      await world
        .as(await world.identity.sign({ iss: "https://elsewhere.example.com" }), tenant.tenantId)
        .get("/v1/users"),
    ];
    const said = answers.map(({ status, body }) => ({ status, code: body.code, detail: body.detail }));
    expect(said[0]).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
    expect(new Set(said.map((each) => JSON.stringify(each))).size).toBe(1);
    expect((await foreign.api.get("/v1/users")).body.data).toHaveLength(1);
    const unnamed = await world.as(token, "").get("/v1/connectors", { "isthmus-tenant": "" });
    expect(unnamed.status).toBe(401);
    const { api } = tenant;
    expect((await api.get("/v1/connectors", { "isthmus-tenant": tenant.tenantId.toUpperCase() })).status).toBe(200);
    expect((await api.get("/v1/connectors", { "isthmus-tenant": foreign.tenantId })).status).toBe(401);
  });

  it("keeps two tenants apart that trust one issuer: other people, other roles, another end", async () => {
    const one = await world.createTenant();
    const other = await world.createTenant({
      roleMapping: [{ value: "isthmus-editors", roles: ["viewer"] }],
    });
    const token = await tokenOf("zoe", { groups: ["isthmus-editors"] });
    const { body } = await world.as(token, one.tenantId).get("/v1/connectors");
    expect(body).toEqual({ data: [], nextCursor: null });
    expect((await world.as(token, other.tenantId).get("/v1/connectors")).status).toBe(200);
    expect((await world.as(token, other.tenantId).post("/v1/inbound-endpoints", endpoint)).status).toBe(403);
    const people = async (tenant: typeof one) => (await tenant.api.get("/v1/users")).body.data[1];
    expect((await people(one)).id).not.toBe((await people(other)).id);
    expect(await eventsOf(one, "user.signed_in")).toHaveLength(1);
    expect(await eventsOf(other, "user.signed_in")).toHaveLength(1);
    await other.api.patch(`/v1/users/${(await people(other)).id}`, { disabled: true });
    expect((await world.as(token, other.tenantId).get("/v1/connectors")).status).toBe(403);
    expect((await world.as(token, one.tenantId).get("/v1/connectors")).status).toBe(200);
  });

  const endpoint = { type: "salesforce", name: "x", environment: "sandbox" };

  it("counts what the provider says now: roles given and taken there are so here with the next token", async () => {
    const tenant = await world.createTenant();
    const read = async (groups: readonly string[]) =>
      (await world.as(await tokenOf("hana", { groups }), tenant.tenantId).get("/v1/users")).status;
    expect(await read(["isthmus-admins"])).toBe(200);
    expect(await read(["isthmus-readers"])).toBe(403);
    expect(await read(["isthmus-controllers", "isthmus-readers"])).toBe(200);
    const roles = (await eventsOf(tenant, "user.signed_in")).map(({ details }) => details.roles);
    expect(roles).toEqual([["admin"], ["viewer"], ["approver", "viewer"]]);
  });

  it.each([
    ["no group that is mapped", { groups: ["staff", "ISTHMUS-ADMINS", "isthmus-admins "] }],
    ["no groups", { groups: undefined }],
    ["groups that are no texts", { groups: [7, null, { value: "isthmus-admins" }, ["isthmus-admins"]] }],
    ["groups by a name that objects inherit", { groups: { constructor: ["isthmus-admins"] } }],
    [
      "groups that want to be everybody's",
      JSON.parse('{"groups": null, "__proto__": { "groups": ["isthmus-admins"], "isAdmin": true } }') as object,
    ],
  ])("refuses whoever has %s, and adds nobody", async (_, changes) => {
    const tenant = await world.createTenant();
    const answer = await world.as(await tokenOf("nora", changes), tenant.tenantId).get("/v1/connectors");
    expect(answer).toMatchObject({ status: 403, body: { code: "SIGN_IN_REFUSED" } });
    expect((await tenant.api.get("/v1/users")).body.data).toHaveLength(1);
    const [event] = await eventsOf(tenant, "user.sign_in_refused");
    expect(event).toMatchObject({ outcome: "denied", details: { reason: "no_role", subject: "nora" } });
    expect("isAdmin" in {}).toBe(false);
  });

  it("finds groups inside of other claims, and takes a single one that is no list", async () => {
    const tenant = await world.createTenant({ rolesClaim: ["https://example.com/access", "groups"] });
    const changes = { groups: undefined, "https://example.com/access": { groups: "isthmus-readers" } };
    const token = await tokenOf("nele", changes);
    expect((await world.as(token, tenant.tenantId).get("/v1/connectors")).status).toBe(200);
  });

  it("takes nobody for somebody else by an address, and lets an administrator say who they are", async () => {
    const tenant = await world.createTenant();
    const token = await tokenOf("mallory", { email: "ADA@example.com" });
    const refused = await world.as(token, tenant.tenantId).get("/v1/connectors");
    expect(refused).toMatchObject({ status: 403, body: { code: "SIGN_IN_REFUSED" } });
    expect(refused.body.detail).toContain("PATCH /v1/users/{id}");
    const [event] = await eventsOf(tenant, "user.sign_in_refused");
    expect(event.details).toMatchObject({ reason: "email_taken", subject: "mallory" });
    const identity = { issuer: world.identity.issuer, subject: "mallory" };
    const linked = await tenant.api.patch(`/v1/users/${tenant.userId}`, { identity });
    expect(linked).toMatchObject({ status: 200, body: { identity, roles: ["admin"] } });
    // The roles of her own count with her keys, and with the token those that it brings.
    expect((await world.as(token, tenant.tenantId).get("/v1/users")).status).toBe(403);
    expect((await tenant.api.get("/v1/users")).body.data).toHaveLength(1);
    const [signedIn] = await eventsOf(tenant, "user.signed_in");
    expect(signedIn).toMatchObject({ target: { type: "user", id: tenant.userId } });
  });

  it("gives an identity to one person only, of an issuer that the tenant knows", async () => {
    const tenant = await world.createTenant();
    const identity = { issuer: world.identity.issuer, subject: "ilse" };
    const ilse = { email: "ilse@example.com", name: "Ilse", roles: [], identity };
    expect((await tenant.api.post("/v1/users", ilse)).status).toBe(201);
    const again = { ...ilse, email: "ilse2@example.com" };
    expect((await tenant.api.post("/v1/users", again)).body).toMatchObject({ code: "CONFLICT" });
    const taken = await tenant.api.patch(`/v1/users/${tenant.userId}`, { identity });
    expect(taken).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
    const unknown = { identity: { issuer: `${world.identity.issuer}/`, subject: "x" } };
    const refused = await tenant.api.patch(`/v1/users/${tenant.userId}`, unknown);
    expect(refused.body).toMatchObject({ code: "VALIDATION_FAILED", errors: [{ path: "identity.issuer" }] });
    expect((await tenant.api.post("/v1/users", { ...again, identity: undefined })).status).toBe(400);
  });

  it.each([
    ["without an address", { email: undefined }, "email_missing"],
    ["with an address that is none", { email: "ada" }, "email_missing"],
    ["whose address the provider has not verified", { email_verified: false }, "email_unverified"],
  ])("adds nobody %s", async (_, changes, reason) => {
    const tenant = await world.createTenant();
    const answer = await world.as(await tokenOf("olga", changes), tenant.tenantId).get("/v1/connectors");
    expect(answer).toMatchObject({ status: 403, body: { code: "SIGN_IN_REFUSED" } });
    expect(await eventsOf(tenant, "user.sign_in_refused")).toMatchObject([{ details: { reason, subject: "olga" } }]);
  });

  it("adds nobody where the tenant does not want it", async () => {
    const tenant = await world.createTenant({ createsUsers: false });
    const token = await tokenOf("petra");
    expect((await world.as(token, tenant.tenantId).get("/v1/connectors")).status).toBe(403);
    const [event] = await eventsOf(tenant, "user.sign_in_refused");
    expect(event.details).toMatchObject({ reason: "unknown_person", subject: "petra" });
  });

  it("makes one user of somebody who comes ten times at once, and notes one sign-in", async () => {
    const tenant = await world.createTenant();
    const token = await tokenOf("quinn");
    const api = world.as(token, tenant.tenantId);
    const answers = await Promise.all(Array.from({ length: 10 }, () => api.get("/v1/connectors")));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect((await tenant.api.get("/v1/users")).body.data).toHaveLength(2);
    expect(await eventsOf(tenant, "user.created")).toHaveLength(1);
    expect(await eventsOf(tenant, "user.signed_in")).toHaveLength(1);
    expect(await eventsOf(tenant, "user.sign_in_refused")).toEqual([]);
  });

  it("keeps people out who are disabled here, at once", async () => {
    const tenant = await world.createTenant();
    const token = await tokenOf("rosa");
    const api = world.as(token, tenant.tenantId);
    expect((await api.get("/v1/connectors")).status).toBe(200);
    const [, { id }] = (await tenant.api.get("/v1/users")).body.data;
    await tenant.api.patch(`/v1/users/${id}`, { disabled: true });
    expect(await api.get("/v1/connectors")).toMatchObject({ status: 403, body: { code: "SIGN_IN_REFUSED" } });
    const [event] = await eventsOf(tenant, "user.sign_in_refused");
    expect(event).toMatchObject({ actor: { userId: id }, details: { reason: "user_disabled" } });
    await tenant.api.patch(`/v1/users/${id}`, { disabled: false });
    expect((await api.get("/v1/connectors")).status).toBe(200);
  });

  it("takes no token any more once the provider is switched off or removed, and knows people again who come back", async () => {
    const tenant = await world.createTenant();
    const path = `/v1/identity-providers/${tenant.providerId}`;
    const api = world.as(await tokenOf("sven"), tenant.tenantId);
    expect((await api.get("/v1/connectors")).status).toBe(200);
    expect((await tenant.api.patch(path, { enabled: false }, { "if-match": '"1"' })).status).toBe(200);
    expect((await api.get("/v1/connectors")).status).toBe(401);
    expect((await tenant.api.patch(path, { enabled: true }, { "if-match": '"2"' })).status).toBe(200);
    expect((await api.get("/v1/connectors")).status).toBe(200);
    expect((await tenant.api.delete(path)).status).toBe(204);
    expect((await api.get("/v1/connectors")).status).toBe(401);
    // Nobody is added, so it is the same person: nobody comes back as somebody else, to approve what they asked for.
    const again = { ...providerOf(world.identity), createsUsers: false };
    expect((await tenant.api.post("/v1/identity-providers", again)).status).toBe(201);
    expect((await api.get("/v1/connectors")).status).toBe(200);
    expect((await tenant.api.get("/v1/users")).body.data).toHaveLength(2);
  });

  it("bounds what strangers can write into the audit, and tells how much was left out", async () => {
    const tenant = await world.createTenant();
    const api = world.as(await world.identity.sign({ aud: "somebody else" }), tenant.tenantId);
    for (let round = 0; round < 25; round += 1) await api.get("/v1/connectors");
    expect(await eventsOf(tenant, "user.sign_in_refused")).toHaveLength(20);
    world.ahead.ms += 61_000;
    await api.get("/v1/connectors");
    const events = await eventsOf(tenant, "user.sign_in_refused");
    expect(events).toHaveLength(21);
    expect(events.at(-1)?.details).toMatchObject({ reason: "audience", unnotedBefore: 5 });
    world.ahead.ms = 0;
  });

  it("leaves no token in audit and log", async () => {
    const tenant = await world.createTenant();
    const token = await tokenOf("tina", ann);
    const broken = `${token.slice(0, -6)}AAAAAA`;
    await world.as(token, tenant.tenantId).get("/v1/connectors");
    await world.as(broken, tenant.tenantId).get("/v1/connectors");
    const told = JSON.stringify([(await tenant.api.get("/v1/audit-events?limit=200")).body, world.service.logLines]);
    for (const part of [...token.split("."), ...broken.split(".")]) expect(told).not.toContain(part);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { useServerDatabase } from "../support/server-database.js";
import { eventsOf, type SignInService, startSignInService, type TrustingTenant } from "./sign-in-service.js";

describe("the keys of an identity provider", () => {
  const get = useServerDatabase();
  let world: SignInService;

  beforeAll(async () => {
    world = await startSignInService(get().database);
  });
  afterEach(() => {
    world.identity.keysFault = undefined;
    world.ahead.ms = 0;
  });
  afterAll(() => world?.close());

  const minutes = 60_000;
  const statusOf = async (tenant: TrustingTenant, token: string) =>
    (await world.as(token, tenant.tenantId).get("/v1/connectors")).status;
  /** A token that is good then. */
  const tokenAt = (header: object = {}) => {
    const seconds = Math.floor((Date.now() + world.ahead.ms) / 1000);
    return world.identity.sign({ iat: seconds, exp: seconds + 600 }, { ...header });
  };
  const unavailable = { code: "IDENTITY_PROVIDER_UNAVAILABLE", status: 503 };

  it("are fetched once for many requests, and again after ten minutes", async () => {
    const tenant = await world.createTenant();
    const before = world.identity.keyRequests();
    const token = await tokenAt();
    const statuses = await Promise.all(Array.from({ length: 5 }, () => statusOf(tenant, token)));
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    expect(world.identity.keyRequests() - before).toBe(1);
    world.ahead.ms = 9 * minutes;
    expect(await statusOf(tenant, await tokenAt())).toBe(200);
    expect(world.identity.keyRequests() - before).toBe(1);
    world.ahead.ms = 10 * minutes;
    expect(await statusOf(tenant, await tokenAt())).toBe(200);
    expect(world.identity.keyRequests() - before).toBe(2);
  });

  it("may be replaced at the provider: the new one works within half a minute, the old one no more then", async () => {
    const tenant = await world.createTenant();
    const old = await tokenAt();
    expect(await statusOf(tenant, old)).toBe(200);
    await world.identity.rotateKey();
    world.ahead.ms = 31_000;
    expect(await statusOf(tenant, await tokenAt())).toBe(200);
    expect(await statusOf(tenant, old)).toBe(401);
    const reasons = (await eventsOf(tenant, "user.sign_in_refused")).map(({ details }) => details.reason);
    expect(reasons).toEqual(["unknown_key"]);
  });

  it("are not asked for by each token that names one that there is not", async () => {
    const tenant = await world.createTenant();
    expect(await statusOf(tenant, await tokenAt())).toBe(200);
    const before = world.identity.keyRequests();
    for (let round = 0; round < 10; round += 1) {
      expect(await statusOf(tenant, await tokenAt({ kid: `made-up-${round}` }))).toBe(401);
    }
    expect(world.identity.keyRequests()).toBe(before);
    world.ahead.ms = 31_000;
    const flood = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => statusOf(tenant, await tokenAt({ kid: `made-up-${index}` }))),
    );
    expect(new Set(flood)).toEqual(new Set([401]));
    expect(world.identity.keyRequests() - before).toBe(1);
  });

  it.each([
    ["does not answer", (_: unknown, response: Destroyable) => response.destroy(), true],
    ["fails", (_: unknown, response: Writable) => response.writeHead(503).end(), true],
    ["shows a page", (_: unknown, response: Writable) => response.writeHead(200).end("<html>"), false],
    ["shows something else", (_: unknown, response: Writable) => response.writeHead(200).end('{"keys":{}}'), false],
    ["shows too many", (_: unknown, response: Writable) => response.writeHead(200).end(manyKeys), false],
    ["shows too much", (_: unknown, response: Writable) => response.writeHead(200).end(hugeSet), false],
  ])("cannot be had while the provider %s: nobody is let in, and later everybody is", async (_, fault, retryable) => {
    const tenant = await world.createTenant();
    world.identity.keysFault = fault;
    const token = await tokenAt();
    const answer = await world.as(token, tenant.tenantId).get("/v1/connectors");
    expect(answer).toMatchObject({ status: 503, body: { ...unavailable, retryable } });
    const asked = world.identity.keyRequests();
    // Nor is it asked again at once.
    for (let round = 0; round < 5; round += 1) expect(await statusOf(tenant, token)).toBe(503);
    expect(world.identity.keyRequests()).toBe(asked);
    world.identity.keysFault = undefined;
    world.ahead.ms = 5_000;
    expect(await statusOf(tenant, token)).toBe(200);
    expect((await tenant.api.get("/v1/users")).body.data).toHaveLength(2);
  });

  it("are not known beyond ten minutes while the provider is away, nor new ones", async () => {
    const tenant = await world.createTenant();
    expect(await statusOf(tenant, await tokenAt())).toBe(200);
    world.identity.keysFault = (_, response) => response.destroy();
    world.ahead.ms = 9 * minutes;
    expect(await statusOf(tenant, await tokenAt())).toBe(200);
    expect(await statusOf(tenant, await tokenAt({ kid: "perhaps a new one" }))).toBe(503);
    world.ahead.ms = 11 * minutes;
    expect(await statusOf(tenant, await tokenAt())).toBe(503);
  });

  it("are not looked for where the provider sends us on to", async () => {
    const tenant = await world.createTenant();
    let followed = 0;
    world.identity.keysFault = (request, response) => {
      if (request.headers.host !== world.identity.host) followed += 1;
      response.writeHead(302, { location: `${world.identity.issuer}/jwks` }).end();
      if (world.identity.keyRequests() > asked + 1) followed += 1;
    };
    const asked = world.identity.keyRequests();
    const answer = await world.as(await tokenAt(), tenant.tenantId).get("/v1/connectors");
    expect(answer).toMatchObject({ status: 503, body: { ...unavailable, retryable: false } });
    expect([followed, world.identity.keyRequests() - asked]).toEqual([0, 1]);
  });

  it("are not shared by two providers, though they name one address", async () => {
    const [one, other] = [await world.createTenant(), await world.createTenant()];
    const token = await tokenAt();
    expect(await statusOf(one, token)).toBe(200);
    world.identity.keysFault = (_, response) => response.destroy();
    expect(await statusOf(other, token)).toBe(503);
    expect(await statusOf(one, token)).toBe(200);
  });
});

const manyKeys = JSON.stringify({ keys: Array.from({ length: 101 }, () => ({ kty: "RSA" })) });

/** Good keys, and more beside them than anybody is given room for. */
const hugeSet = JSON.stringify({ keys: [], more: "x".repeat(300 * 1024) });

interface Destroyable {
  destroy(): void;
}

interface Writable {
  writeHead(status: number): { end(text?: string): void };
}

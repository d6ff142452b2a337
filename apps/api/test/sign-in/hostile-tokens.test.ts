import { createPublicKey } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { audience } from "../support/identity-server.js";
import { useServerDatabase } from "../support/server-database.js";
import { ann, eventsOf, type SignInService, startSignInService, type TrustingTenant } from "./sign-in-service.js";

const now = () => Math.floor(Date.now() / 1000);

describe("a token that is not what it should be", () => {
  const get = useServerDatabase();
  let world: SignInService;
  let tenant: TrustingTenant;

  beforeAll(async () => {
    world = await startSignInService(get().database);
    tenant = await world.createTenant();
  });
  afterAll(() => world?.close());

  /** Sends it. @returns why it was refused, as the audit says. */
  async function reasonFor(token: string, of: TrustingTenant = tenant): Promise<string> {
    const before = (await eventsOf(of, "user.sign_in_refused")).length;
    const { status, body } = await world.as(token, of.tenantId).get("/v1/connectors");
    expect([status, body.code, body.retryable]).toEqual([401, "UNAUTHENTICATED", false]);
    const events = await eventsOf(of, "user.sign_in_refused");
    expect(events).toHaveLength(before + 1);
    // There are twenty places in a minute: the next one finds a tenant that has them all.
    if (of === tenant && before >= 15) tenant = await world.createTenant();
    return events.at(-1)?.details.reason;
  }

  it("is not refused as long as it is (control)", async () => {
    const token = await world.identity.sign();
    expect((await world.as(token, tenant.tenantId).get("/v1/connectors")).status).toBe(200);
  });

  it.each([
    ["without an audience", { aud: undefined }, "audience"],
    ["with an empty audience", { aud: [] }, "audience"],
    ["for somebody else", { aud: "https://other.example.com" }, "audience"],
    ["for an address that begins like ours", { aud: `${audience}.evil.example.com` }, "audience"],
    ["for several others", { aud: ["https://other.example.com", "isthmus"] }, "audience"],
    ["that has expired", { exp: now() - 31 }, "expired"],
    ["that says nothing of its end", { exp: undefined }, "no_expiry"],
    ["whose end is no number", { exp: "tomorrow" }, "no_expiry"],
    ["that is not valid yet", { nbf: now() + 300 }, "not_yet_valid"],
    ["that was issued in the future", { iat: now() + 300 }, "not_yet_valid"],
    ["that does not say when it was issued", { iat: undefined }, "no_issue_time"],
    ["that was issued long ago", { iat: now() - 2 * 86_400, exp: now() + 600 }, "too_old"],
    ["of nobody", { sub: undefined }, "subject"],
    ["of somebody without a name", { sub: " " }, "subject"],
    ["of somebody who is no text", { sub: { $ne: null } }, "subject"],
    ["of somebody whom no database can store", { sub: "ann\0" }, "subject"],
    ["of half a character", { sub: "ann\ud800" }, "subject"],
    ["of somebody with too long a name", { sub: "a".repeat(256) }, "subject"],
    ["that is bound to a key of its holder", { cnf: { jkt: "x" } }, "bound"],
  ])("is refused: %s", async (_, claims, reason) => {
    expect(await reasonFor(await world.identity.sign(claims))).toBe(reason);
  });

  it.each([
    ["for us and others", () => ({ aud: ["https://other.example.com", audience] })],
    ["within the tolerance of clocks", () => ({ exp: now() - 20, nbf: now() + 20, iat: now() - 600 })],
  ])("is taken all the same: %s", async (_, claims) => {
    const token = await world.identity.sign(claims());
    expect((await world.as(token, tenant.tenantId).get("/v1/connectors")).status).toBe(200);
  });

  it("is refused: an ID token in place of an access token, as the provider really makes it", async () => {
    const { idToken, accessToken } = await world.identity.logIn();
    expect((await world.as(accessToken, tenant.tenantId).get("/v1/connectors")).status).toBe(200);
    expect(await reasonFor(idToken)).toBe("audience");
    // The other client's own tenant: the audience is right, and it is an ID token all the same.
    const careless = await world.createTenant({ audience: "portal" });
    expect(await reasonFor(idToken, careless)).toBe("token_type");
    const unmarked = await world.createTenant({ audience: "portal", accessTokenType: "jwt", requiredScope: "api" });
    expect(await reasonFor(idToken, unmarked)).toBe("scope");
  });

  it("is refused where access tokens are not marked, as far as it can be told what it is", async () => {
    const loose = await world.createTenant({ accessTokenType: "jwt" });
    const send = async (claims: object, typ: string | undefined = "JWT") =>
      world.as(await world.identity.sign({ ...claims }, { typ }), loose.tenantId).get("/v1/connectors");
    for (const claims of [{}, { typ: "Bearer" }, { token_use: "access" }])
      expect((await send(claims)).status).toBe(200);
    expect((await send({}, "at+jwt")).status).toBe(200);
    const kinds = [{ nonce: "n" }, { at_hash: "h" }, { c_hash: "h" }, { s_hash: "h" }, { events: {} }];
    for (const claims of [...kinds, { typ: "ID" }, { typ: "Refresh" }, { token_use: "id" }]) {
      expect((await send(claims)).status, JSON.stringify(claims)).toBe(401);
    }
    for (const typ of ["logout+jwt", "dpop+jwt", "secevent+jwt", "application/secevent+jwt"]) {
      expect((await send({}, typ)).status, typ).toBe(401);
    }
    // And where they are marked, one without the mark is none.
    expect(await reasonFor(await world.identity.sign({}, { typ: "JWT" }))).toBe("token_type");
    expect(await reasonFor(await world.identity.sign({}, { typ: undefined }))).toBe("token_type");
  });

  it("is refused without the scope that is asked for, in whichever claim scopes are", async () => {
    const strict = await world.createTenant({ requiredScope: "isthmus" });
    const send = async (claims: object) =>
      (await world.as(await world.identity.sign({ ...claims }), strict.tenantId).get("/v1/connectors")).status;
    for (const claims of [{ scope: "openid isthmus" }, { scp: "isthmus" }, { scp: ["api", "isthmus"] }]) {
      expect(await send(claims)).toBe(200);
    }
    for (const claims of [{}, { scope: "isthmus.read" }, { scope: { isthmus: true } }, { scp: [["isthmus"]] }]) {
      expect(await send(claims), JSON.stringify(claims)).toBe(401);
    }
  });

  const header = () => ({ typ: "at+jwt", kid: String(world.identity.publicKey().kid) });
  const claims = () => ({ iss: world.identity.issuer, aud: audience, sub: "ann", ...ann });

  it("is refused: unsigned, in every spelling", async () => {
    const unsigned = new UnsecuredJWT(claims()).setIssuedAt().setExpirationTime("5m").encode();
    expect(await reasonFor(unsigned)).toBe("algorithm");
    const [, payload] = unsigned.split(".");
    for (const alg of ["None", "NONE", "nOnE", "", undefined]) {
      const head = Buffer.from(JSON.stringify({ ...header(), alg })).toString("base64url");
      expect(["algorithm", "malformed"], alg).toContain(await reasonFor(`${head}.${payload}.`));
    }
    const signed = await world.identity.sign();
    expect(await reasonFor(`${signed.split(".").slice(0, 2).join(".")}.`)).toBe("signature");
  });

  it("is refused: signed with the public key as if that were a secret", async () => {
    const jwk = world.identity.publicKey();
    const pem = createPublicKey({ key: { ...jwk }, format: "jwk" }).export({ type: "spki", format: "pem" });
    for (const secret of [pem.toString(), JSON.stringify(jwk), String(jwk.n)]) {
      const forged = await new SignJWT(claims())
        .setProtectedHeader({ ...header(), alg: "HS256" })
        .setIssuedAt()
        .setExpirationTime("5m")
        .sign(Buffer.from(secret));
      expect(await reasonFor(forged)).toBe("algorithm");
    }
  });

  it("is refused: signed by another key, whatever the token says of that key", async () => {
    const { privateKey, publicKey } = await generateKeyPair("RS256");
    const own = { ...(await exportJWK(publicKey)), alg: "RS256" };
    const forge = (changes: object) =>
      new SignJWT(claims())
        .setProtectedHeader({ ...header(), alg: "RS256", ...changes })
        .setIssuedAt()
        .setExpirationTime("5m")
        .sign(privateKey);
    expect(await reasonFor(await forge({}))).toBe("signature");
    expect(await reasonFor(await forge({ jwk: own }))).toBe("signature");
    for (const kid of ["unknown", "../../dev/null", "' or 1=1 --", "__proto__"]) {
      expect(await reasonFor(await forge({ kid, jwk: own, jku: "https://evil.example.com/jwks" })), kid).toBe(
        "unknown_key",
      );
    }
    const [, payload, signature] = (await world.identity.sign()).split(".");
    const head = { ...header(), alg: "RS256", crit: ["admit"], admit: true };
    const demanding = Buffer.from(JSON.stringify(head)).toString("base64url");
    expect(await reasonFor(`${demanding}.${payload}.${signature}`)).toBe("malformed");
  });

  it("is refused: changed after it was signed, or cut, or joined", async () => {
    const token = await world.identity.sign({ groups: ["isthmus-readers"] });
    const [head = "", payload = "", signature = ""] = token.split(".");
    const more = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
    const raised = Buffer.from(JSON.stringify({ ...more, groups: ["isthmus-admins"] })).toString("base64url");
    expect(await reasonFor(`${head}.${raised}.${signature}`)).toBe("signature");
    for (const broken of [
      `${head}.${payload}.`,
      `${head}.${payload}`,
      `${token}.x`,
      `.${payload}.${signature}`,
      "a.b.c",
    ]) {
      expect((await world.as(broken, tenant.tenantId).get("/v1/connectors")).status, broken.slice(0, 20)).toBe(401);
    }
  });

  it("tells why only to whoever has one that the issuer signed", async () => {
    const detailOf = async (token: string) =>
      (await world.as(token, tenant.tenantId).get("/v1/connectors")).body.detail as string;
    expect(await detailOf(await world.identity.sign({ exp: now() - 100 }))).toContain("it has expired");
    const stranger = await detailOf(await world.identity.sign({ iss: "https://stranger.example.com" }));
    const [head, payload] = (await world.identity.sign()).split(".");
    expect(await detailOf(`${head}.${payload}.${"A".repeat(342)}`)).toBe(stranger);
  });
});

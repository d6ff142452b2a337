import { describe, expect, it } from "vitest";
import { type AuthenticationMethod, ConnectorService } from "../../src/contract/index.js";
import { openConnectorBench } from "../support/connector-bench.js";
import { json, reset, silence } from "../support/loopback-server.js";
import { failureOf } from "../support/oauth-bench.js";

const service = new ConnectorService();

describe("service contract: validateCredentials (TASK-004)", () => {
  it("gives credentials and configuration back proven, and sends nothing", async () => {
    await using bench = await openConnectorBench();
    const proven = service.validateCredentials(bench.definition, {
      authenticationMethod: "api_key",
      credentials: { secret: "s" },
      externalSystemUrl: "https://erp.example",
    });
    expect(proven).toEqual({ credentials: { secret: "s" }, configuration: { baseUrl: "https://erp.example" } });
    expect(bench.vendor.requests).toHaveLength(0);
  });

  it("names the field that is wrong and never repeats its value", async () => {
    await using bench = await openConnectorBench();
    const wrong = { authenticationMethod: "api_key", credentials: { secret: "", other: "s3cret-value" } } as const;
    const prove = async () => service.validateCredentials(bench.definition, wrong);
    const error = await failureOf(prove());
    expect(error).toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "secret" }, { path: "" }] });
    expect(JSON.stringify(error)).not.toContain("s3cret-value");
  });

  it.each(["basic", "constructor", "toString"])("names the known methods when asked for %s", async (method) => {
    await using bench = await openConnectorBench();
    const authenticationMethod = method as AuthenticationMethod;
    const prove = async () => service.validateCredentials(bench.definition, { authenticationMethod, credentials: {} });
    expect(await failureOf(prove())).toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("oauth2_authorization_code, oauth2_client_credentials, api_key"),
    });
  });

  it("asks the chosen scheme what the configuration lacks for it, and no other scheme", async () => {
    await using bench = await openConnectorBench();
    const { api_key: scheme } = bench.definition.authentication;
    if (!scheme) throw new Error("The bench has no such scheme.");
    const findMissing = () => [{ path: "keyHeader", message: "is needed by this authentication method" }];
    const authentication = { ...bench.definition.authentication, api_key: { ...scheme, findMissing } };
    const definition = { ...bench.definition, authentication };
    const settings = { credentials: { secret: "s" }, externalSystemUrl: "https://erp.example" };
    const prove = async (pathsFrom: "field" | "settings") =>
      service.validateCredentials(definition, { ...settings, authenticationMethod: "api_key" }, { pathsFrom });
    const issue = (path: string) => ({ code: "VALIDATION_FAILED", issues: [{ ...findMissing()[0], path }] });
    expect(await failureOf(prove("field"))).toMatchObject(issue("keyHeader"));
    expect(await failureOf(prove("settings"))).toMatchObject(issue("configuration.keyHeader"));
    const other = { ...settings, authenticationMethod: "oauth2_client_credentials" } as const;
    expect(() => service.validateCredentials(definition, other)).not.toThrow();
  });
});

describe("service contract: testConnection (TASK-004)", () => {
  it("names the account, each check and the time that it took", async () => {
    await using bench = await openConnectorBench();
    bench.on("/status", (response, request) => {
      bench.clock.advance(70);
      json({})(response, request);
    });
    expect(await service.testConnection(bench.connector)).toEqual({
      ok: true,
      latencyMs: 70,
      account: { id: "acc-1", name: "Account acc-1", environment: "sandbox", user: "ada" },
      checks: [
        { name: "identity", ok: true, detail: "Connected to Account acc-1 as ada." },
        { name: "api", ok: true, detail: "The API answers." },
      ],
    });
  });

  it("is a result, not an exception, when the vendor refuses or is away", async () => {
    await using bench = await openConnectorBench();
    bench.on("/status", json({}, 403));
    expect(await service.testConnection(bench.connector)).toMatchObject({
      ok: false,
      account: { id: "acc-1" },
      checks: [{ ok: true }, { name: "api", ok: false, code: "PERMISSION_DENIED" }],
    });
    bench.on("/me", ...Array(4).fill(reset()));
    const away = service.testConnection(bench.connector);
    expect(await bench.clock.drive(away)).toMatchObject({
      ok: false,
      checks: [{ name: "identity", ok: false, code: expect.stringMatching(/CONNECTION_FAILED|RESPONSE_CUT/) }],
    });
  });

  it("is a result when a person has to connect first", async () => {
    await using bench = await openConnectorBench({ tokens: null });
    const test = await service.testConnection(bench.connector);
    expect(test).toMatchObject({ ok: false, checks: [{ name: "identity", code: "RECONNECT_REQUIRED" }] });
    expect(bench.vendor.requests).toHaveLength(0);
  });

  it.each(["caller", "connector"])(
    "throws CANCELLED when the %s ends it: that says nothing of the vendor",
    async (who) => {
      const own = new AbortController();
      const callers = new AbortController();
      await using bench = await openConnectorBench({ signal: own.signal });
      bench.on("/me", silence());
      const test = failureOf(service.testConnection(bench.connector, callers.signal));
      await bench.vendor.seen(1);
      (who === "caller" ? callers : own).abort();
      expect(await test).toMatchObject({ code: "CANCELLED" });
    },
  );

  it("does not hide a defect behind a failed check", async () => {
    await using bench = await openConnectorBench();
    bench.on("/me", json({ id: 7 }));
    expect(await failureOf(service.testConnection(bench.connector))).toMatchObject({
      code: "INTERNAL",
      cause: { name: "ZodError" },
    });
  });
});

describe("service contract: authenticate (TASK-004)", () => {
  it("TEST-003 sends a person to the vendor, and connects with what they come back with", async () => {
    await using bench = await openConnectorBench({ tokens: null });
    const started = await service.authenticate(bench.connector, { start: { redirectUri: "https://app.example/back" } });
    if (started.connected) throw new Error("Nobody was asked");
    expect(started.authorizationUrl).toContain(`${bench.vendor.origin}/authorize?`);
    const { pending } = started;
    const callbackUrl = `https://app.example/back?code=the-code&state=${pending.state}`;
    const ended = await service.authenticate(bench.connector, { callbackUrl, pending });
    expect(ended).toMatchObject({ connected: true, account: { id: "acc-1" } });
    expect(new URLSearchParams(bench.vendor.requests[0]?.body).get("code_verifier")).toBe(pending.codeVerifier);
    expect(bench.events).toEqual([["connector.connected", { connection: { type: "plain" }, accountId: "acc-1" }]]);
  });

  it("TEST-003 gets a token at once where no person is needed", async () => {
    await using bench = await openConnectorBench({ method: "oauth2_client_credentials", tokens: null });
    const ended = await service.authenticate(bench.connector, { unattended: true });
    expect(ended).toMatchObject({ connected: true, account: { id: "acc-1" } });
    expect(bench.paths()).toEqual(["/token", "/me"]);
  });

  it("asks for a person where one is needed and nobody was sent", async () => {
    await using bench = await openConnectorBench({ tokens: null });
    const ended = service.authenticate(bench.connector, { unattended: true });
    expect(await failureOf(ended)).toMatchObject({ code: "RECONNECT_REQUIRED" });
    expect(bench.events).toEqual([]);
  });
});

describe("service contract: refreshToken (TASK-004)", () => {
  it("renews now, although nothing is due, and stores the new set", async () => {
    await using bench = await openConnectorBench();
    expect(await service.refreshToken(bench.connector)).toMatchObject({ value: "access-t0ken-2", version: 2 });
    expect((await bench.store.load()).tokens?.refreshToken).toBe("refresh-t0ken-2");
  });

  it("says UNSUPPORTED where there are no tokens", async () => {
    await using bench = await openConnectorBench({ method: "api_key" });
    const refresh = async () => service.refreshToken(bench.connector);
    expect(await failureOf(refresh())).toMatchObject({ code: "UNSUPPORTED" });
  });
});

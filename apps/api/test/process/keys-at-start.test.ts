import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalKeyring } from "@isthmus/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { platformKey } from "../support/service.js";
import { type ServiceProcess, startServiceProcess } from "../support/service-process.js";

describe("the keys that a service starts with", { timeout: 60_000 }, () => {
  const [k1, k2] = [LocalKeyring.generate("k1"), LocalKeyring.generate("k2")];
  /** A data directory whose one tenant has a data key under k1, made once: each test works on a copy. */
  let prepared: string;
  let directory: string;
  let apiKey: string;
  let connectorId: string;
  const started: ServiceProcess[] = [];

  beforeAll(async () => {
    prepared = await mkdtemp(join(tmpdir(), "isthmus-keys-"));
    const service = start(k1, {}, prepared);
    const url = await service.ready;
    const administrator = { name: "Ada Admin", email: "ada@example.com" };
    const made = await new ApiClient(url, platformKey).post("/v1/tenants", { name: "Acme", administrator });
    apiKey = made.body.apiKey.key;
    const connector = {
      code: "crm",
      name: "Our CRM",
      type: "salesforce",
      environment: "sandbox",
      externalSystemUrl: "https://test.salesforce.com",
      authenticationMethod: "oauth2_authorization_code",
      credentials: { clientId: "id", clientSecret: "secret" },
    };
    connectorId = (await new ApiClient(url, apiKey).post("/v1/connectors", connector)).body.id;
    await stop(service);
  });
  afterAll(() => rm(prepared, { recursive: true, force: true }));
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "isthmus-keys-"));
    await cp(prepared, directory, { recursive: true });
  });
  afterEach(async () => {
    for (const { child, ended } of started.splice(0)) {
      child.kill("SIGKILL");
      await ended;
    }
    await rm(directory, { recursive: true, force: true });
  });

  function start(keys: string, more: Readonly<Record<string, string>> = {}, folder = directory): ServiceProcess {
    const environment = { ISTHMUS_DATA: folder, ISTHMUS_KEYS: keys, ISTHMUS_PLATFORM_KEY: platformKey, ...more };
    const service = startServiceProcess(environment);
    started.push(service);
    return service;
  }
  async function stop({ child, ended }: ServiceProcess): Promise<void> {
    child.kill("SIGTERM");
    expect(await ended).toEqual({ code: 0, signal: null });
  }
  /** Switching the configuration makes the service open the stored credentials. */
  const open = async (url: string) =>
    (
      await new ApiClient(url, apiKey).patch(
        `/v1/connectors/${connectorId}`,
        { configuration: { loginUrl: "https://test.salesforce.com" } },
        { "if-match": '"1"' },
      )
    ).body;

  it("have to hold every key that wraps a data key, and the refusal says which one is missing and what to do", async () => {
    const service = start(k2);
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(service.stdout()).toBe("");
    expect(service.stderr()).toMatch(/ISTHMUS_KEYS: lacks k1 \(wraps 1 data keys\)\. Put it back behind the first key/);
    expect(service.stderr()).toMatch(/rotate .* remove it .* ISTHMUS_LOST_KEYS/);
    expect(service.stderr()).not.toMatch(/\n\s+at /);
    expect(service.stderr()).not.toContain(k2.slice(3));
  });

  it("have to be the same ones under their ids, unless the one that wraps something is known to be lost", async () => {
    const other = LocalKeyring.generate("k1");
    const service = start(`${k2},${other}`);
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(service.stderr()).toMatch(/ISTHMUS_KEYS: holds another key as k1 than the one that wraps data keys\./);
    expect(service.stderr()).not.toContain(other.slice(3));
    const rescue = start(`${k2},${other}`, { ISTHMUS_LOST_KEYS: "k1" });
    expect(await open(await rescue.ready)).toMatchObject({ code: "SEALED_VALUE_UNREADABLE" });
  });

  it("need the old one no more once a running service has rotated", async () => {
    const service = start(`${k2},${k1}`);
    const platform = new ApiClient(await service.ready, platformKey);
    const { id } = (await platform.post("/v1/keys/rotate", {})).body;
    const status = async () => (await platform.get(`/v1/keys/rotations/${id}`)).body.status;
    await expect.poll(status, { timeout: 20_000, interval: 50 }).toBe("completed");
    await stop(service);
    expect(await open(await start(k2).ready)).toMatchObject({ id: connectorId, version: 2 });
  });

  it("may lack one that is named as lost, which the log warns of", async () => {
    const service = start(k2, { ISTHMUS_LOST_KEYS: "k0,k1" });
    expect(await open(await service.ready)).toMatchObject({ code: "SEALED_VALUE_UNREADABLE" });
    await stop(service);
    const lines = service
      .stdout()
      .split("\n")
      .filter((line) => line.startsWith("{"));
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ level: 40, lostKeys: [{ id: "k1", dataKeys: 1 }] }),
    );
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../api/test/support/api-client.js";
import { useServerDatabase } from "../../api/test/support/server-database.js";
import {
  platformKey,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../../api/test/support/service.js";
import { startCli } from "./cli-process.js";

describe("isthmus audit verify", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  const folder = mkdtempSync(join(tmpdir(), "isthmus-audit-"));
  const file = join(folder, "audit.ndjson");
  let service: TestService;
  let tenant: TestTenantClient;
  let lines: string[];

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
    for (const name of ["one", "two", "three"]) await tenant.api.post("/v1/api-keys", { name });
    lines = (await tenant.api.get("/v1/audit-events/export")).text.trimEnd().split("\n");
  });
  afterAll(async () => {
    await service?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const verify = (...argv: string[]) =>
    startCli(["audit", "verify", ...argv], { ISTHMUS_URL: service.url, ISTHMUS_API_KEY: tenant.apiKey }).ended;
  const verifyFile = (content: readonly string[], ...argv: string[]) => {
    writeFileSync(file, content.map((line) => `${line}\n`).join(""));
    // No service, and no key of one.
    return startCli(["audit", "verify", "--file", file, ...argv], {}).ended;
  };
  const end = () => JSON.parse(lines.at(-1) ?? "");

  it("verifies an exported file without the service, also against a head and a key that were kept", async () => {
    const { head, events } = end();
    const whole = await verifyFile(lines);
    expect(whole).toMatchObject({ code: 0, stderr: expect.stringContaining("the public key beside it alone") });
    expect(whole.stdout).toBe(
      `The audit is whole: ${events} events.\nhead        ${head.seq}:${head.hash}\nsigned      ${head.signedAt}\npublic key  ${head.publicKey}\n`,
    );
    const kept = ["--public-key", head.publicKey, "--expect-head", `${head.seq}:${head.hash}`];
    expect(await verifyFile(lines, ...kept)).toMatchObject({ code: 0, stderr: "" });
  });

  it("names what was done to a file", async () => {
    const at = async (content: readonly string[], ...argv: string[]) => {
      const { code, stdout } = await verifyFile(content, "--json", ...argv);
      const { ok, break: broken } = JSON.parse(stdout);
      return { code, ok, kind: broken.kind, seq: broken.seq };
    };
    const edited = lines.map((line, index) =>
      index === 2 ? line.replace("api_key.created", "api_key.revoked") : line,
    );
    expect(await at(edited)).toEqual({ code: 1, ok: false, kind: "EDITED", seq: 3 });
    expect(await at(lines.toSpliced(1, 1))).toEqual({ code: 1, ok: false, kind: "MISSING", seq: 2 });
    expect(await at(lines, "--public-key", "A".repeat(43))).toMatchObject({ code: 1, kind: "HANDOVER_MISSING" });
  });

  it("takes no part of an export for the whole", async () => {
    const cut = await verifyFile(lines.slice(0, -1));
    expect(cut).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("EXPORT_INCOMPLETE") });
    const filtered = (await tenant.api.get("/v1/audit-events/export?action=tenant.created")).text.trimEnd().split("\n");
    expect(await verifyFile(filtered)).toMatchObject({ code: 1, stderr: expect.stringContaining("EXPORT_FILTERED") });
    const failed = await verifyFile([lines[0] ?? "", '{"error":{"code":"INTERNAL"}}']);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("Line 2 is no line") });
    const missing = await startCli(["audit", "verify", "--file", join(folder, "nothing")], {}).ended;
    expect(missing).toMatchObject({ code: 1, stderr: "FILE_UNREADABLE: The file cannot be read.\n" });
  });

  it("lets the service verify, prints the head to keep, and says when the chain does not lead over it any more", async () => {
    const { head } = end();
    const whole = await verify();
    expect(whole).toMatchObject({ code: 0, stderr: "" });
    const [, kept] = /^head +(\d+:[0-9a-f]{64})$/m.exec(whole.stdout) ?? [];
    expect(kept).toBeDefined();
    expect(await verify("--expect-head", kept ?? "")).toMatchObject({ code: 0 });
    const forged = await verify("--expect-head", `${head.seq}:${"0".repeat(64)}`);
    expect(forged).toMatchObject({ code: 1, stdout: expect.stringContaining(`BROKEN at event ${head.seq}`) });
    expect(forged.stdout).toContain("EXPECTED_HEAD: ");
    const usage = await verify("--expect-head", "yesterday's");
    expect(usage).toMatchObject({ code: 2, stderr: expect.stringContaining("<number>:<hash>") });
  });

  it("verifies the platform's own audit with the platform key", async () => {
    const settings = { ISTHMUS_URL: service.url, ISTHMUS_PLATFORM_KEY: platformKey };
    const whole = await startCli(["audit", "verify", "--platform"], settings).ended;
    expect(whole).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("The audit is whole: ") });
    const kept = ["--expect-head", `1:${"0".repeat(64)}`];
    const forged = await startCli(["audit", "verify", "--platform", ...kept], settings).ended;
    expect(forged).toMatchObject({ code: 1, stdout: expect.stringContaining("EXPECTED_HEAD: ") });
    expect(await verify("--platform")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("ISTHMUS_PLATFORM_KEY"),
    });
    expect(await verify("--platform", "--file", file)).toMatchObject({ code: 2 });
  });

  it("verifies a file of which somebody knows only the first public key, and names them all", async () => {
    const first = end().head.publicKey;
    await new ApiClient(service.url, platformKey).post("/v1/keys/rotate", { dataKeys: true });
    await service.keyRotations.runOnce();
    const exported = (await tenant.api.get("/v1/audit-events/export")).text.trimEnd().split("\n");
    const { head } = JSON.parse(exported.at(-1) ?? "");
    const whole = await verifyFile(exported, "--public-key", first);
    expect(whole).toMatchObject({ code: 0, stderr: "" });
    expect(whole.stdout).toContain(`public key  ${head.publicKey}\nbefore it   ${first}\n`);
    const handover = exported.findIndex((line) => line.includes("audit.key_handed_over"));
    const without = exported.toSpliced(handover, 1);
    expect(await verifyFile(without, "--public-key", first)).toMatchObject({ code: 1 });
  });

  it("tells what the service refuses", async () => {
    const person = { email: "vera@example.com", name: "Vera Viewer", roles: ["viewer"] };
    const userId = (await tenant.api.post("/v1/users", person)).body.id;
    const { key } = (await tenant.api.post("/v1/api-keys", { name: "x", userId })).body;
    const refused = await startCli(["audit", "verify"], { ISTHMUS_URL: service.url, ISTHMUS_API_KEY: key }).ended;
    expect(refused).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("FORBIDDEN: ") });
  });
});

import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { platformKey } from "../support/service.js";
import { processSettings, type ServiceProcess, startServiceProcess } from "../support/service-process.js";

// Guard: the one `listen` of start-service.ts, with HOST's default, and platformAuthenticationPlugin before /metrics. Seen to fail
// with HOST's default at 0.0.0.0, and with metricsRoutes among the public ones.
describe("the ports of the real service", () => {
  const folder = mkdtempSync(join(tmpdir(), "isthmus-ports-"));
  let service: ServiceProcess;
  let url: string;

  beforeAll(async () => {
    service = startServiceProcess({ ...processSettings(folder), ISTHMUS_PLATFORM_KEY: platformKey });
    url = await service.ready;
  }, 60_000);
  afterAll(async () => {
    service.child.kill("SIGTERM");
    await service.ended;
    rmSync(folder, { recursive: true, force: true });
  });

  // Only Linux tells in files who listens where.
  it.runIf(process.platform === "linux")("are one, which this machine alone reaches unless told otherwise", () => {
    const port = Number(new URL(url).port);
    expect(listListeners(service.child.pid ?? 0)).toEqual([{ address: "127.0.0.1", port }]);
  });

  it("tell nothing without a key but whether the service works, and what its API is", async () => {
    const nobody = new ApiClient(url, undefined);
    const open: string[] = [];
    const { paths } = (await nobody.get("/openapi.json")).body as { paths: Record<string, object> };
    for (const path of [...Object.keys(paths), "/metrics", "/v1/tenants", "/v1/keys", "/v1/platform/audit-events"]) {
      const { status } = await nobody.get(path.replaceAll(/\{\w+\}/g, "01a218e4-2c10-708e-a838-1e46ca7fbcaf"));
      if (status < 400) open.push(path);
    }
    // The callback of nobody's authorisation leads to the page that says so.
    expect(open.sort()).toEqual(["/healthz", "/oauth/callback/{type}", "/oauth/done/{id}", "/readyz"]);
    expect((await new ApiClient(url, platformKey).get("/metrics")).status).toBe(200);
  });

  it.each([
    "/",
    "/.env",
    "/.git/config",
    "/admin",
    "/debug",
    "/debug/pprof",
    "/json/list",
    "/server-status",
    "/actuator",
    "/docs/../main.js",
    "/docs/%2e%2e/package.json",
    "//v1/tenants",
    "/v1/tenants/",
    "/metrics/",
  ])("have nothing at %s", async (path) => {
    const answer = await new ApiClient(url, undefined).get(path);
    expect([401, 404], answer.text.slice(0, 100)).toContain(answer.status);
  });
});

/** Where a process listens, by its sockets. */
function listListeners(pid: number): { readonly address: string; readonly port: number }[] {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`).match(/^socket:\[(\d+)\]$/)?.[1] ?? [];
      } catch {
        return []; // closed meanwhile
      }
    }),
  );
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === "0A" && own.has(inode ?? ""))
      .map(([, local = ""]) => {
        const [address = "", port = ""] = local.split(":");
        return { address: table === "tcp" ? readAddress(address) : address, port: Number.parseInt(port, 16) };
      }),
  );
}

/** The kernel writes IPv4 addresses as one number, its bytes in the machine's order. */
function readAddress(hex: string): string {
  return [...Buffer.from(hex, "hex")].reverse().join(".");
}

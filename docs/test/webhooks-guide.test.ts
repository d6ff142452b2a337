import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventTypes } from "../../apps/api/src/repositories/event-types.js";
import { WebhookWorker } from "../../apps/api/src/workers/webhook-worker.js";
import { useServerDatabase } from "../../apps/api/test/support/server-database.js";
import type { FeedService } from "../../apps/api/test/syncs/feed/feed-service.js";
import { startFeedService } from "../../apps/api/test/syncs/feed/feed-service.js";
import { listenOnLoopback } from "../../packages/core/test/support/listen.js";
import { readSnippet, root } from "./support/snippets.js";
import { Terminal } from "./support/terminal.js";

const guide = "docs/webhooks.md";

describe("the guide to webhooks", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  let folder: string;
  let terminal: Terminal;
  let bench: FeedService;
  let port: string;
  let receiver: ChildProcess | undefined;
  let printed = "";

  const paste = async (name: string) => (await terminal.paste(readSnippet(guide, `snippet:${name}`))).trim();

  /** The receiver of the guide, as somebody would run it: in a folder with the library installed. */
  async function startReceiver(secret: string): Promise<void> {
    mkdirSync(join(folder, "node_modules"));
    const library = fileURLToPath(new URL("apps/api/node_modules/standardwebhooks", root));
    symlinkSync(library, join(folder, "node_modules/standardwebhooks"));
    writeFileSync(join(folder, "receiver.mjs"), readSnippet(guide, "snippet:webhooks-2"));
    const env = { PATH: process.env.PATH, WEBHOOK_SECRET: secret, RECEIVER_PORT: port };
    receiver = spawn(process.execPath, ["receiver.mjs"], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
    receiver.stdout?.on("data", (piece) => {
      printed += piece;
    });
    const answers = () => fetch(`http://127.0.0.1:${port}`, { method: "POST" }).then(({ status }) => status);
    await expect.poll(() => answers().catch(() => undefined), { timeout: 10_000 }).toBe(400);
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "isthmus-webhooks-guide-"));
    // A port that is free, for a receiver that is not there yet.
    const taken = await listenOnLoopback(createServer());
    port = new URL(taken.origin).port;
    await taken.close();
    bench = await startFeedService(get().database, { hosts: [`127.0.0.1:${port}`] });
    const { apiKey } = bench.tenant;
    terminal = new Terminal(folder);
    const [, helpers = ""] = /^(api\(\).*?^field\(\).*?$)/ms.exec(readSnippet("README.md", "snippet:curl-1")) ?? [];
    const url = `http://127.0.0.1:${port}/hook`;
    await terminal.paste(
      `export ISTHMUS_URL=${bench.service.url} ISTHMUS_API_KEY=${apiKey} RECEIVER_URL=${url}\n${helpers}`,
    );
  });
  afterAll(async () => {
    if (receiver) {
      receiver.kill("SIGKILL");
      await once(receiver, "close");
    }
    terminal?.close();
    await bench?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("has no block of a shell or a program that is not run here, and names every type of event", () => {
    const text = readFileSync(new URL(guide, root), "utf8");
    expect([...text.matchAll(/^```bash$/gm)]).toHaveLength(4);
    expect([...text.matchAll(/^```js$/gm)]).toHaveLength(1);
    const named = Object.keys(eventTypes).filter((type) => !type.startsWith("change_request."));
    expect(named.filter((type) => !text.includes(`\`${type}\``))).toEqual([]);
  });

  it("makes a webhook, verifies what comes, looks for what did not arrive and changes the secret", async () => {
    await paste("webhooks-1");
    const secret = async () => (await terminal.paste('echo "$WEBHOOK_SECRET"')).trim();
    const first = await secret();
    await startReceiver(first);
    expect(await paste("webhooks-3")).toBe("true");

    bench.vendor.put("Thing", "t1", { name: "Ada" });
    await bench.run((await bench.schedule("Thing")).body.id);
    const worker = new WebhookWorker(bench.service.services);
    await worker.beginDue();
    await worker.settle();
    expect(printed).toMatch(/^webhook\.test \{.*\}\nrecord\.created \{.*"record":\{"name":"Ada"\}.*\}\n$/);
    expect((await paste("webhooks-4")).split("\n")).toEqual(["0", "0"]);
    await paste("webhooks-5");
    expect(await secret()).not.toBe(first);
    // The receiver still has the old one: for the overlap that is as good.
    bench.vendor.remove("Thing", "t1");
    await bench.run((await bench.schedule("Thing")).body.id);
    await worker.beginDue();
    await worker.settle();
    await worker.close();
    expect(printed).toContain("record.deleted");
  });
});

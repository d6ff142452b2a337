import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPeople, type People } from "../../apps/api/test/approval/people.js";
import { useServerDatabase } from "../../apps/api/test/support/server-database.js";
import { startTestService, type TestService } from "../../apps/api/test/support/service.js";
import { readSnippet, root } from "./support/snippets.js";
import { Terminal } from "./support/terminal.js";

const guide = "docs/approval.md";

describe("the guide to approval", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  let folder: string;
  let terminal: Terminal;
  let service: TestService;
  let people: People;

  const paste = (name: string) => terminal.paste(readSnippet(guide, `snippet:${name}`));
  const answersOf = (printed: string) =>
    printed
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "isthmus-approval-guide-"));
    service = await startTestService(get().database);
    people = await createPeople(service);
    terminal = new Terminal(folder);
    const keys = { ADMIN_KEY: people.admin, EDITOR_KEY: people.editor, APPROVER_KEY: people.approver };
    for (const [name, { userId }] of Object.entries(keys)) {
      const { key } = (await people.admin.api.post("/v1/api-keys", { name, userId })).body;
      await terminal.paste(`export ${name}=${key} ISTHMUS_URL=${service.url}`);
    }
  });
  afterAll(async () => {
    terminal?.close();
    await service?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("has no shell block that is not run here", () => {
    const text = readFileSync(new URL(guide, root), "utf8");
    expect([...text.matchAll(/^```bash$/gm)]).toHaveLength(5);
  });

  it("asks for a connector of production, and says what was said and what changes", async () => {
    await paste("approval-1");
    const [list, request] = answersOf(await paste("approval-2"));
    expect(list.data).toMatchObject([{ status: "pending", target: { name: "crm" } }]);
    expect(request.diff).toContainEqual({ path: "credentials.clientSecret", change: "added" });
    expect(JSON.stringify(request)).not.toContain("the-client-secret");
    const [comment, approved] = answersOf(await paste("approval-3"));
    expect(comment.text).toBe("The client of ticket 4711.");
    expect(approved).toMatchObject({ status: "approved", target: list.data[0].target });
    const connector = (await people.editor.api.get(`/v1/connectors/${approved.target.id}`)).body;
    expect(connector).toMatchObject({ code: "crm", environment: "production" });
  });

  it("rejects a change, and makes one in an emergency", async () => {
    const [rejected] = answersOf(await paste("approval-4"));
    expect(rejected).toMatchObject({ status: "rejected", decisionReason: "The old name is on our reports." });
    const printed = await paste("approval-5");
    expect(printed).toMatch(/^HTTP\/1.1 200/);
    expect(printed).toMatch(/^isthmus-change-request: \/v1\/change-requests\/[0-9a-f-]{36}\r$/m);
    expect(JSON.parse(printed.trim().split("\n").at(-1) ?? "")).toMatchObject({ active: false, version: 2 });
  });
});

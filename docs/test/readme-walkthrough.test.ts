import { describe, expect, it } from "vitest";
import { allow } from "./support/person.js";
import { startQuickstart, useWalkthrough } from "./support/quickstart.js";
import { readSnippet } from "./support/snippets.js";

const walkthrough = useWalkthrough();

describe("README, the main job with curl", () => {
  it("prints what the README shows at the start", () => {
    const shown = readSnippet("README.md", "output:start");
    expect(withoutPlace(walkthrough().quickstart.output).trim()).toBe(shown.trim());
  });

  it("does the main job as printed, and goes on after a stop and a start without a new authorization", async () => {
    const { terminal, place } = walkthrough();
    const authorizationUrl = (await terminal.paste(readSnippet("README.md", "snippet:curl-1"))).trim();
    expect(await allow(authorizationUrl)).toMatchObject({ status: 200 });

    const answers = await terminal.paste(readSnippet("README.md", "snippet:curl-2"));
    const [test, retrieved, , queried] = answers
      .trim()
      .split("\n")
      .map((line) => (line ? JSON.parse(line) : undefined));
    expect(test).toMatchObject({ ok: true });
    expect(retrieved).toMatchObject({ Name: "Nordwind Logistik" });
    expect(queried).toMatchObject({ records: [{ Name: "Nordwind Logistik", Industry: "Shipping" }], totalSize: 1 });

    const once = (await terminal.paste(readSnippet("docs/reliability.md", "snippet:once"))).trim().split("\n");
    const [made, again, other] = once.map((line) => JSON.parse(line));
    expect(made).toMatchObject({ id: expect.any(String) });
    expect(again).toEqual(made);
    expect(other).toMatchObject({ status: 422, code: "IDEMPOTENCY_KEY_REUSED" });

    expect(await walkthrough().quickstart.stop()).toBe(0);
    walkthrough().quickstart = await startQuickstart(place);
    const later = await terminal.paste(`operation query '{ "soql": "SELECT COUNT() FROM Account" }'`);
    expect(JSON.parse(later)).toMatchObject({ totalSize: expect.any(Number) });

    const [rotation, keys] = (await terminal.paste(readSnippet("README.md", "snippet:curl-3"))).trim().split("\n");
    expect(JSON.parse(rotation ?? "")).toMatchObject({ status: "running", dataKeys: true });
    expect(JSON.parse(keys ?? "")).toMatchObject({ provider: "local", rotation: { dataKeys: true } });
    const ended = `platform "$ISTHMUS_URL/v1/keys" | field rotation.status`;
    await expect.poll(async () => (await terminal.paste(ended)).trim(), { timeout: 15_000 }).toBe("completed");
    expect(JSON.parse(await terminal.paste(`operation limits '{}'`))).toHaveProperty("DailyApiRequests");
  });

  function withoutPlace(output: string): string {
    const { place } = walkthrough();
    return output
      .replaceAll(String(place.port), "3000")
      .replaceAll(String(place.sandboxPorts.SALESFORCE), "4010")
      .replaceAll(String(place.sandboxPorts.QUICKBOOKS), "4020")
      .replaceAll(String(place.sandboxPorts.SAP), "4030")
      .replaceAll(`${place.folder}/`, "");
  }
});

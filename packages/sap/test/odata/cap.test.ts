import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CapServer, startCapServer } from "../support/cap-server.js";

let server: CapServer;
beforeAll(async () => {
  server = await startCapServer({ model: "service Shop { entity Products { key ID: Integer; name: String; } }" });
});
afterAll(() => server.close());

describe("a CAP server", () => {
  it("speaks v4 and v2", async () => {
    const v4 = await fetch(`${server.url}${server.v4Root}Products`);
    expect(await v4.json()).toMatchObject({ value: [] });
    const v2 = await fetch(`${server.url}${server.v2Root}Products?$format=json`);
    expect(await v2.json()).toMatchObject({ d: { results: [] } });
  });
});

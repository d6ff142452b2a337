import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { allow } from "./support/person.js";
import { newPlace, type Quickstart, type QuickstartPlace, startQuickstart } from "./support/quickstart.js";
import { readSnippet } from "./support/snippets.js";
import { Terminal } from "./support/terminal.js";

const guide = "docs/connectors/quickbooks.md";
let place: QuickstartPlace;
let quickstart: Quickstart;
let terminal: Terminal;

beforeAll(async () => {
  place = await newPlace();
  quickstart = await startQuickstart(place);
  terminal = new Terminal(place.folder);
});

afterAll(async () => {
  terminal?.close();
  await quickstart?.stop();
  rmSync(place.folder, { recursive: true, force: true });
});

it("connects a company of QuickBooks, makes an invoice of it, and prints what the page shows", async () => {
  const authorizationUrl = (await terminal.paste(readSnippet(guide, "snippet:quickbooks-connect"))).trim();
  expect(await allow(authorizationUrl)).toMatchObject({ status: 200 });
  const printed = await terminal.paste(readSnippet(guide, "snippet:quickbooks-use"));
  expect(printed).toBe(readSnippet(guide, "output:quickbooks-use"));
});

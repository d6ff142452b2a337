import { expect, it } from "vitest";
import { allow } from "./support/person.js";
import { useWalkthrough } from "./support/quickstart.js";
import { readSnippet } from "./support/snippets.js";

const guide = "docs/connectors/quickbooks.md";
const walkthrough = useWalkthrough();

it("connects a company of QuickBooks, makes an invoice of it, takes a delivery about it, and prints what the page shows", async () => {
  const { terminal } = walkthrough();
  const authorizationUrl = (await terminal.paste(readSnippet(guide, "snippet:quickbooks-connect"))).trim();
  expect(await allow(authorizationUrl)).toMatchObject({ status: 200 });
  const printed = await terminal.paste(readSnippet(guide, "snippet:quickbooks-use"));
  expect(printed).toBe(readSnippet(guide, "output:quickbooks-use"));
  await terminal.paste(readSnippet(guide, "snippet:quickbooks-webhooks"));
  const delivered = await terminal.paste(readSnippet(guide, "snippet:quickbooks-delivery"));
  expect(delivered).toBe(readSnippet(guide, "output:quickbooks-delivery"));
});

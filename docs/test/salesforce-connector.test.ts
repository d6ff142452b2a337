import { expect, it } from "vitest";
import { allow } from "./support/person.js";
import { useWalkthrough } from "./support/quickstart.js";
import { readSnippet } from "./support/snippets.js";

const guide = "docs/connectors/salesforce.md";
const walkthrough = useWalkthrough();

/** In the order of the page: each goes on where the one before was. */
const blocks = [
  "sf-app",
  "sf-records",
  "sf-collections",
  "sf-composite",
  "sf-files",
  "sf-queries",
  "sf-search",
  "sf-bulk",
  "sf-limits",
  "sf-errors",
  "sf-changes",
  "sf-events",
  "sf-outbound",
];

it("connects an organisation", async () => {
  const { terminal } = walkthrough();
  const authorizationUrl = (await terminal.paste(readSnippet(guide, "snippet:sf-connect"))).trim();
  expect(await allow(authorizationUrl)).toMatchObject({ status: 200 });
});

it.each(blocks)("prints what the page shows behind %s", async (block) => {
  const { terminal } = walkthrough();
  const printed = await terminal.paste(readSnippet(guide, `snippet:${block}`));
  expect(printed).toBe(readSnippet(guide, `output:${block}`));
});

import { expect, it } from "vitest";
import { useWalkthrough } from "./support/quickstart.js";
import { readSnippet } from "./support/snippets.js";

const guide = "docs/connectors/sap.md";
const walkthrough = useWalkthrough();

it("connects to a system, speaks OData, RFC and IDoc with it, takes an IDoc from it, and prints what the page shows", async () => {
  const { terminal } = walkthrough();
  for (const block of [
    "sap-connect",
    "sap-odata",
    "sap-rfc",
    "sap-idoc",
    "sap-sessions",
    "sap-inbound",
    "sap-inbound-read",
  ]) {
    const printed = await terminal.paste(readSnippet(guide, `snippet:${block}`));
    expect(printed).toBe(readSnippet(guide, `output:${block}`));
  }
});

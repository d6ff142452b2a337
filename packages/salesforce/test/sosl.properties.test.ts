import type { SalesforceSandbox } from "@isthmus/sandbox";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type SalesforceConnector, sosl } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";

let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;
let id: string;

beforeAll(async () => {
  sandbox = await startSandbox({ seed: false });
  connector = await connectedTo(sandbox);
  ({ id } = await connector.create("Account", { Name: "Needle in a haystack" }));
  await connector.create("Account", { Name: "Hay" });
});

afterAll(async () => {
  await connector.close();
  await sandbox.close();
});

/** What a person may type around a word: every reserved character, and operators that shall not work. */
const noise = fc.string({ unit: fc.constantFrom(...`?&|!{}[]()^~*:\\"'+- \n<>`), maxLength: 12 });

it("finds a word among whatever is typed around it, as a term and as a phrase", async () => {
  const property = fc.asyncProperty(noise, noise, async (before, after) => {
    const typed = `${before} Needle ${after}`;
    const term = await connector.search(sosl`FIND {${typed}} IN NAME FIELDS RETURNING Account(Id)`);
    const phrase = await connector.search(sosl`FIND {"${typed}"} IN NAME FIELDS RETURNING Account(Id)`);
    expect([term, phrase].map((found) => found.map(({ Id }) => Id))).toEqual([[id], [id]]);
  });
  await fc.assert(property, { numRuns: 100 });
});

it.each(["Needle OR Hay", "Hay) OR (Needle", "Needle} RETURNING User(Id", "Hay AND NOT Nothing", "Nee*"])(
  "takes no order from %j",
  async (typed) => {
    expect(await connector.search(sosl`FIND {${typed}} IN NAME FIELDS RETURNING Account(Id)`)).toEqual([]);
  },
);

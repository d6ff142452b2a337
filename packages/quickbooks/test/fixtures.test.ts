import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { entityNames, traitsOf } from "../src/entities/traits.js";
import { startStubIntuit } from "./stub-intuit.js";

const faultSchema = z.strictObject({
  source: z.string().min(10),
  status: z.number(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown(),
  code: z.string(),
});

function fixture(path: string): string {
  return readFileSync(new URL(`./fixtures/${path}`, import.meta.url), "utf8");
}

let stub: Awaited<ReturnType<typeof startStubIntuit>> | undefined;
afterEach(async () => {
  await stub?.close();
  stub = undefined;
});

/** Every text under a name, in any spelling. */
function textsOf(body: unknown, name: string): string[] {
  if (typeof body !== "object" || body === null) return [];
  return Object.entries(body).flatMap(([key, value]) =>
    key.toLowerCase() === name && typeof value === "string" ? [value] : textsOf(value, name),
  );
}

/** What of the details the headline does not say as well: each four words in a row, or all when there are fewer. */
function telling(body: unknown): string[] {
  const headline = textsOf(body, "message").join("\n");
  return textsOf(body, "detail").flatMap((detail) => {
    const words = detail.split(/\s+/);
    const runs = words.length < 4 ? [detail] : words.slice(3).map((_word, at) => words.slice(at, at + 4).join(" "));
    return runs.filter((run) => !headline.includes(run));
  });
}

const faults = z.array(faultSchema).parse(JSON.parse(fixture("faults.json")));

describe("a fault as Intuit sends it", () => {
  it.each(faults.map((fault) => [`${fault.code} from ${fault.source}`, fault] as const))(
    "is %s",
    async (_name, { status, headers = {}, body, code }) => {
      stub = await startStubIntuit({ status, headers, body });
      const error: unknown = await stub.connector.read("Invoice", "145").catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code });
      const said = inspect(error, { depth: 10, showHidden: true });
      expect(telling(body).filter((words) => said.includes(words))).toEqual([]);
    },
  );
});

/** Numbers that count or order something; every other number of a record is an amount, a rate or a quantity. */
const counts = new Set(["LineNum", "TaxOrder", "DueDays", "DiscountDays", "Hours", "Minutes", "Size"]);

const recordSchema = z.looseObject({ Id: z.string() });

/** The JSON value with each number as `write` gives it from its name and its digits in the text. */
function parseWith(text: string, write: (key: string, digits: string) => unknown): unknown {
  return JSON.parse(text, (key, value, { source }) =>
    typeof value === "number" && source !== undefined ? write(key, source) : value,
  );
}

/** Holds 1.0 apart from 1.00, and 1 from "1". */
const exact = (text: string) => parseWith(text, (_key, digits) => ({ digits }));

describe.each(entityNames.map((name) => [name] as const))("%s as Intuit sends it", (entity) => {
  const text = fixture(`entities/${entity}.json`);
  const envelope = z.looseObject({ [entity]: recordSchema });
  const recordIn = (body: unknown) => recordSchema.parse(envelope.parse(body)[entity]);

  it("is read with every field, and every amount with the digits that were sent", async () => {
    stub = await startStubIntuit({ body: text });
    const expected = recordIn(parseWith(text, (key, digits) => (counts.has(key) ? Number(digits) : digits)));
    expect(await stub.connector.read(entity, expected.Id)).toEqual(expected);
  });

  it(traitsOf(entity).update ? "is written back as it was sent" : "cannot be written", async () => {
    stub = await startStubIntuit({ body: text });
    const record = await stub.connector.read(entity, recordIn(JSON.parse(text)).Id);
    const written = stub.connector.update(entity, record, { sparse: false });
    if (!traitsOf(entity).update) {
      await expect(written).rejects.toMatchObject({ code: "UNSUPPORTED" });
      return;
    }
    await written;
    expect(exact(stub.requests.at(-1)?.body ?? "")).toEqual(recordIn(exact(text)));
  });
});

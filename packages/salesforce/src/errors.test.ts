import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TransportResponse } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { findRow } from "./errors/row.js";
import { table } from "./errors/table.js";
import { mapFailure } from "./errors.js";
import { cleanMessage, readFault } from "./fault.js";

const fixtureSchema = z.strictObject({
  source: z.string(),
  cases: z.array(
    z.strictObject({
      name: z.string(),
      status: z.int(),
      contentType: z.string().default("application/json;charset=UTF-8"),
      body: z.unknown(),
      code: z.string(),
      retryable: z.boolean().optional(),
      vendorCode: z.string().optional(),
      fields: z.array(z.string()).optional(),
      /** What the error may not hold anywhere. */
      hidden: z.array(z.string()).default([]),
      /** What of Salesforce's words has to stay. */
      shown: z.array(z.string()).default([]),
    }),
  ),
});

const file = fileURLToPath(new URL("../test/fixtures/errors.json", import.meta.url));
const { cases } = fixtureSchema.parse(JSON.parse(readFileSync(file, "utf8")));

function answer(status: number, body: unknown, headers: Record<string, string> = {}): TransportResponse {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return {
    status,
    headers,
    body: Buffer.from(text),
    text: () => text,
    json: () => JSON.parse(text),
    tryJson: () => {
      try {
        return JSON.parse(text);
      } catch {
        return undefined;
      }
    },
  };
}

const read = { method: "GET", name: "records.retrieve" } as const;
const write = { method: "POST", name: "records.create", idempotent: false, reconcile: "Query it." } as const;

describe("mapFailure", () => {
  it.each(cases)("$name: $status is $code", (example) => {
    const error = mapFailure(answer(example.status, example.body, { "content-type": example.contentType }), read, 0);
    expect(error.code).toBe(example.code);
    expect(error.vendor?.status).toBe(example.status);
    expect(error.vendor?.code).toBe(example.vendorCode);
    expect(error.vendor?.fields).toEqual(example.fields);
    if (example.retryable !== undefined) expect(error.retryable).toBe(example.retryable);
    const everything = JSON.stringify([error.message, error.vendor, String(error.stack)]);
    for (const secret of example.hidden) expect(everything).not.toContain(secret);
    for (const words of example.shown) expect(error.vendor?.message).toContain(words);
  });

  it("has an example of each row of the table", () => {
    const met = new Set(
      cases.map(({ status, body, contentType }) => {
        const response = answer(status, body, { "content-type": contentType });
        return findRow(table, readFault(response), response);
      }),
    );
    expect(table.filter((row) => !met.has(row)).map(({ status, code }) => ({ status, code }))).toEqual([]);
  });

  it("says in its own words what failed, why, and what to do", () => {
    const body = [
      { message: "Required fields are missing: [Name]", errorCode: "REQUIRED_FIELD_MISSING", fields: ["Name"] },
    ];
    expect(mapFailure(answer(400, body), write, 0).message).toBe(
      "Salesforce refused records.create (REQUIRED_FIELD_MISSING; fields Name). Correct the request before sending it again.",
    );
  });

  it("takes a gateway's failure of a write for an unknown outcome, Salesforce's own refusal for a refusal", () => {
    expect(mapFailure(answer(504, "<html>"), write, 0)).toMatchObject({
      code: "OUTCOME_UNKNOWN",
      reconcile: "Query it.",
    });
    // A proxy whose connection to Salesforce broke in the middle says 503, too.
    const broken = "upstream connect error or disconnect/reset before headers. reset reason: connection termination";
    expect(mapFailure(answer(503, broken), write, 0)).toMatchObject({
      code: "OUTCOME_UNKNOWN",
      reconcile: "Query it.",
    });
    expect(mapFailure(answer(503, broken), read, 0)).toMatchObject({ code: "VENDOR_UNAVAILABLE", retryable: true });
    const busy = [{ errorCode: "SERVER_UNAVAILABLE", message: "busy" }];
    expect(mapFailure(answer(503, busy), write, 0)).toMatchObject({ code: "VENDOR_UNAVAILABLE", retryable: true });
  });

  it("passes on when to come back, where something on the way says so", () => {
    const body = [{ message: "ConcurrentRequests Limit exceeded.", errorCode: "REQUEST_LIMIT_EXCEEDED" }];
    expect(mapFailure(answer(403, body, { "retry-after": "7" }), read, 0)).toMatchObject({ retryAfterMs: 7000 });
  });
});

describe("cleanMessage", () => {
  it("takes no sentence for a code, and no sentence for a field", () => {
    const secret = "00DxxSECRETxx!AQ0AQsecretSecretSecretSecret";
    for (const body of [
      { error: `session ${secret} of ada@example.com has ended` },
      [{ errorCode: `x ${secret}`, message: "no", fields: [secret, "Name"] }],
    ]) {
      const error = mapFailure(answer(400, body), read, 0);
      expect(JSON.stringify([error.message, error.vendor])).not.toMatch(/AQsecret|ada@/);
    }
  });

  it("takes no time for a text that is no sentence", () => {
    const startedMs = performance.now();
    for (const piece of ["a-", "eyJ-", "a.", "'", "1"]) expect(cleanMessage(piece.repeat(200_000))).toBe("");
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  it("keeps one short line", () => {
    expect(cleanMessage(`a\n${"b ".repeat(500)}`).length).toBeLessThanOrEqual(201);
    expect(cleanMessage("one\n  two")).toBe("one two");
  });
});

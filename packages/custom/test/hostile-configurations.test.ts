import { ConnectorService, isConnectorError } from "@isthmus/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { custom } from "../src/index.js";
import { sandboxConfiguration } from "./sandbox-configuration.js";

const service = new ConnectorService();
const whole: unknown = sandboxConfiguration("https://crm.example.com");

/** Every place in a JSON value, as paths. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return [path, ...inner.flatMap(([name, each]) => placesIn(each, [...path, name]))];
}

/** A copy with another value at a place. */
function replaceAt(value: unknown, [name, ...rest]: readonly string[], other: unknown): unknown {
  if (name === undefined) return other;
  const copy: object = structuredClone(Object(value));
  Object.defineProperty(copy, name, { value: replaceAt(Reflect.get(copy, name), rest, other), enumerable: true });
  return copy;
}

const places = placesIn(whole).filter((path) => path.length > 0);
const hostile = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    "",
    "/",
    "{",
    "{x}",
    "/{x}",
    "//evil.example",
    "https://evil.example",
    "a\r\nb",
    "~",
    "/~2",
    "..",
    [],
    {},
    [{}],
    null,
    -1,
    1e308,
    "__proto__",
  ),
  fc.constant<unknown>(JSON.parse('{ "__proto__": { "polluted": true } }')),
);

describe("a configuration that somebody has spoilt at one place", () => {
  it("is refused in words or fits, and what fits can be published, made and refused a wrong input", () => {
    let refused = 0;
    fc.assert(
      fc.property(fc.constantFrom(...places), hostile, (place, value) => {
        const configuration = JSON.parse(JSON.stringify(replaceAt(whole, place, value)));
        const settings = { authenticationMethod: "none", credentials: {}, configuration } as const;
        try {
          const { configuration: proven } = service.validateCredentials(custom, settings);
          const parsed = custom.configuration.parse(proven);
          for (const { input, output } of custom.operations(parsed)) {
            z.toJSONSchema(input, { io: "input" });
            z.toJSONSchema(output, { io: "output" });
            expect(input.safeParse(null).success).toBe(false);
          }
          for (const host of custom.allowedHosts(parsed)) expect(host).toMatch(/^[^*@/]+$/);
        } catch (error) {
          expect(isConnectorError(error) && error.code, String(error)).toBe("VALIDATION_FAILED");
          refused += 1;
        }
      }),
      { numRuns: 1_500 },
    );
    expect(refused).toBeGreaterThan(100);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });
});

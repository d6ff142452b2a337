import type { DocumentedCall, DocumentedParameter, JsonSchema } from "../document-calls.js";
import { hostileBodies, hostileHeaders, hostileValues, mediaTypes } from "./hostile-values.js";
import { type KnownValues, validValue } from "./schema-values.js";
import type { SeededRandom } from "./seeded-random.js";

/** A request, with all that it takes to send it again. */
export interface FuzzRequest {
  readonly operationId: string;
  /** Whose key it carries. */
  readonly caller: string;
  readonly method: string;
  /** Path and query. */
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Whether it leads to the documented call, whatever it says there. */
  readonly isOfCall: boolean;
}

/** What requests are made of, beside the document. */
export interface FuzzMaterial {
  /** Valid values of fields by name, ids that earlier answers gave among them. */
  readonly known: KnownValues;
  /** An id for a part of a path: one's own, mostly. */
  idFor(path: string): string;
  /** Whole bodies for calls that are seldom right by chance. */
  readonly bodies: Readonly<Record<string, () => object>>;
  /** The present version of what an address names, as If-Match wants it. */
  tagOf(address: string): string;
}

/** Makes a request of a documented call: valid, nearly valid, or hostile in what it says or in how it says it. */
export function makeRequest(
  call: DocumentedCall,
  caller: string,
  material: FuzzMaterial,
  random: SeededRandom,
): FuzzRequest {
  const style = random.next();
  // Of 100: 45 valid, 30 with one field wrong, 15 with everything wrong, 10 with wrong HTTP.
  const spoil = style < 0.45 ? 0 : style < 0.75 ? 0.2 : style < 0.9 ? 1 : 0;
  const isOddHttp = style >= 0.9;
  const value = (name: string, schema: JsonSchema) =>
    random.chance(spoil) ? random.pick(hostileValues) : validValue(schema, random, material.known, name);
  const path = call.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const isId = name === "id" || name.endsWith("Id");
    if (isId) return encode(random.chance(spoil / 2) ? random.pick(hostileValues) : material.idFor(call.path));
    return encode(value(name, schemaOf(call, name)));
  });
  const query = call.parameters
    .filter((each) => each.in === "query" && (each.required ? !random.chance(spoil / 4) : random.chance(0.4)))
    .map(({ name, schema }) => `${name}=${encode(value(name, schema))}`);
  if (random.chance(0.05))
    query.push(`${random.pick(["x", "__proto__", "limit", "cursor", "a[b]"])}=${encode(random.pick(hostileValues))}`);
  const address = query.length === 0 ? path : `${path}?${query.join("&")}`;
  const content = makeContent(call, material, spoil, random);
  const headers: Record<string, string> = {
    ...(content !== undefined && { "content-type": call.consumes?.replaceAll("*", "plain") ?? "application/json" }),
    ...(call.parameters.some(({ name }) => name === "if-match") &&
      random.chance(0.9) && { "if-match": material.tagOf(path) }),
    ...(random.chance(0.05) && { "idempotency-key": random.uuid() }),
    ...Object.fromEntries(random.chance(spoil / 2) || isOddHttp ? [random.pick(hostileHeaders)] : []),
  };
  const request = {
    operationId: call.operationId,
    caller,
    method: call.method,
    address,
    headers,
    body: content,
    isOfCall: true,
  };
  return isOddHttp ? makeOdd(request, random) : request;
}

function makeContent(
  call: DocumentedCall,
  material: FuzzMaterial,
  spoil: number,
  random: SeededRandom,
): string | undefined {
  if (call.consumes !== undefined) {
    if (random.chance(spoil)) return random.pick(hostileBodies);
    return call.consumes === "application/x-ndjson" ? '{"Name":"Smoke"}' : "Name\nSmoke";
  }
  if (call.body === undefined) return random.chance(0.05) ? random.pick(hostileBodies) : undefined;
  if (spoil === 1 && random.chance(0.3)) return JSON.stringify(random.pick(hostileValues)) ?? "";
  const whole = random.chance(0.7) ? material.bodies[call.operationId]?.() : undefined;
  return JSON.stringify(spoilValue(whole ?? validValue(call.body, random, material.known), spoil, random));
}

/** Replaces, removes or adds fields, at any depth. */
function spoilValue(value: unknown, share: number, random: SeededRandom): unknown {
  if (share === 0) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => spoilValue(item, share, random));
    return random.chance(share / 10) ? Array.from({ length: 500 }, () => items[0] ?? null) : items;
  }
  if (typeof value !== "object" || value === null) {
    return random.chance(share) ? random.pick(hostileValues) : value;
  }
  const fields = Object.entries(value)
    .filter(() => !random.chance(share / 4))
    .map(([name, inner]) => [
      name,
      random.chance(share / 2) ? random.pick(hostileValues) : spoilValue(inner, share, random),
    ]);
  if (random.chance(share / 2)) {
    fields.push([
      random.pick(["extra", "id", "tenantId", "roles", "toString", "createdBy", ""]),
      random.pick(hostileValues),
    ]);
  }
  return Object.fromEntries(fields);
}

function makeOdd(request: FuzzRequest, random: SeededRandom): FuzzRequest {
  const body = request.body ?? "{}";
  switch (random.int(5)) {
    case 0:
      return {
        ...request,
        isOfCall: false,
        method: random.pick(["PUT", "DELETE", "PATCH", "POST", "OPTIONS", "HEAD", "GET", "PROPFIND"]),
      };
    case 1:
      return { ...request, body, headers: { ...request.headers, "content-type": random.pick(mediaTypes) } };
    case 2:
      return {
        ...request,
        body: random.pick(hostileBodies),
        headers: { ...request.headers, "content-type": "application/json" },
      };
    case 3:
      return { ...request, isOfCall: false, address: random.pick(oddAddresses)(request.address) };
    default: {
      const { "content-type": _, ...headers } = request.headers;
      return { ...request, body, headers };
    }
  }
}

const oddAddresses: readonly ((address: string) => string)[] = [
  (address) => `/${address}`,
  (address) => `${address}/`,
  (address) => address.replace("/v1/", "/v1/./x/%2e%2e/"),
  (address) => address.replace("/v1/", "/V1/"),
  (address) => `/${address.slice(1).replaceAll("/", "%2f")}`,
  (address) => `${address}%`,
  (address) => `${address};x=y`,
  (address) => `${address}?limit=1&limit=2`,
  (address) => `${address}/${"x".repeat(5_000)}`,
  (address) => `${address}?${"a".repeat(8_000)}`,
  (address) => `${address}%00`,
  (address) => `/v1/%C0%AE%C0%AE/${address}`,
];

function schemaOf({ parameters }: DocumentedCall, name: string): JsonSchema {
  const found = parameters.find((each: DocumentedParameter) => each.in === "path" && each.name === name);
  return found?.schema ?? { type: "string" };
}

function encode(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return encodeURIComponent(text.toWellFormed());
}

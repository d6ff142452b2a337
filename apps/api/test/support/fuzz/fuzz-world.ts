import type { Answer } from "../api-client.js";
import type { JsonSchema } from "../document-calls.js";
import type { FuzzMaterial, FuzzRequest } from "./fuzz-requests.js";
import { plantedSecret } from "./schema-values.js";
import type { SeededRandom } from "./seeded-random.js";

/** What there is at the beginning. */
export interface FuzzWorldOptions {
  /** Ids of the callers' own things, by the part of the path that names their kind, such as `connectors`. */
  readonly own: Readonly<Record<string, readonly string[]>>;
  /** The same of a tenant that nobody here belongs to. */
  readonly foreign: Readonly<Record<string, readonly string[]>>;
  /** Texts by which that tenant's rows are known. */
  readonly marks: ReadonlySet<string>;
  /** Tenants that have to stay: the platform deletes none of them. */
  readonly keptTenants: readonly string[];
  /** Whole bodies for calls that are seldom right by chance. */
  readonly bodies: (random: SeededRandom) => Readonly<Record<string, () => object>>;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const vendorId = /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/;
const poolSize = 40;

/** What a run knows by now: ids, cursors and versions that earlier answers told, for the requests that follow. */
export class FuzzWorld {
  readonly #options: FuzzWorldOptions;
  readonly #ids = new Map<string, string[]>();
  readonly #kept: Map<string, readonly string[]>;
  readonly #tags = new Map<string, string>();

  constructor(options: FuzzWorldOptions) {
    this.#options = options;
    this.#kept = new Map(Object.entries(options.own));
  }

  /** From now on, these are the things of a kind that are used most. */
  keep(kind: string, ids: readonly string[]): void {
    this.#kept.set(kind, ids);
  }

  /** Notes what an answer tells. */
  learn({ address }: FuzzRequest, { status, headers, body }: Answer): void {
    const tag = headers.get("etag");
    const path = headers.get("location") ?? address.split("?")[0] ?? "";
    if (tag !== null) this.#tags.set(path, tag);
    if (status >= 300) return;
    const items: readonly { readonly id?: unknown }[] = Array.isArray(body?.data) ? body.data : [body ?? {}];
    for (const { id } of items) if (typeof id === "string" && uuid.test(id)) this.#add(kindOf(path), id);
    visit(body, (name, text) => {
      if (name === "nextCursor") this.#add("cursors", text);
      else if (/Id$/.test(name) && uuid.test(text)) this.#add(kindOfField(name), text);
      else if (/id$/i.test(name) && vendorId.test(text)) this.#add("vendor", text);
    });
  }

  /** What a request of `caller` is made of. */
  materialFor(caller: string, random: SeededRandom): FuzzMaterial {
    const isTenants = caller !== "platform" && caller !== "nobody";
    return {
      bodies: this.#options.bodies(random),
      tagOf: (path) => this.#tags.get(path) ?? '"1"',
      idFor: (path) => this.#idFor(kindOf(path), isTenants, random),
      known: (field, schema) => this.#known(field, schema, isTenants, random),
    };
  }

  #idFor(kind: string, isTenants: boolean, random: SeededRandom): string {
    if (isTenants && random.chance(0.2)) return this.#foreignId(kind, random);
    const known = this.#ids.get(kind) ?? [];
    const kept = this.#kept.get(kind) ?? [];
    if (kept.length > 0 && random.chance(0.75)) return random.pick(kept);
    if (known.length > 0 && random.chance(0.8)) return random.pick(known);
    if (!isTenants) return random.uuid();
    return random.pick([random.uuid(), ...[...this.#ids].flatMap(([of, ids]) => (isPlain(of) ? ids.slice(0, 3) : []))]);
  }

  #foreignId(kind: string, random: SeededRandom): string {
    const { foreign } = this.#options;
    const ids = random.chance(0.7) ? foreign[kind] : undefined;
    return random.pick(ids ?? Object.values(foreign).flat());
  }

  #known(field: string, { format, pattern }: JsonSchema, isTenants: boolean, random: SeededRandom): unknown {
    if (!random.chance(0.8)) return undefined;
    if (field === "cursor") return this.#cursor(isTenants, random);
    if (format === "uuid") return this.#idFor(kindOfField(field), isTenants, random);
    const vendorIds = this.#ids.get("vendor") ?? [];
    if (pattern === vendorId.source && vendorIds.length > 0) return random.pick(vendorIds);
    const options = knownValues[field];
    return options === undefined ? undefined : random.pick(options);
  }

  #cursor(isTenants: boolean, random: SeededRandom): string {
    const cursors = this.#ids.get("cursors") ?? [];
    if (cursors.length > 0 && random.chance(0.6)) return random.pick(cursors);
    return Buffer.from(isTenants ? this.#foreignId("", random) : random.uuid()).toString("base64url");
  }

  #add(kind: string, id: string): void {
    if (kind === "tenants" && this.#options.keptTenants.includes(id)) return;
    const ids = this.#ids.get(kind) ?? [];
    if (ids.includes(id)) return;
    this.#ids.set(kind, [...ids, id].slice(-poolSize));
  }
}

// Plausible values of fields whose schema says less than the vendor does.
const knownValues: Readonly<Record<string, readonly unknown[]>> = {
  type: ["salesforce"],
  environment: ["sandbox", "sandbox", "sandbox", "production"],
  entity: ["Account", "Contact", "Nothing__c"],
  sobject: ["Account", "Account", "Contact", "Nothing__c"],
  soql: ["SELECT Id, Name FROM Account LIMIT 3", "SELECT Id FROM Contact", "SELECT COUNT() FROM Account", "SELECT"],
  sosl: ["FIND {smoke} IN NAME FIELDS RETURNING Account(Id)"],
  externalIdField: ["External_Id__c"],
  returnTo: ["https://app.example.com/", "https://app.example.com/x?y#z", "https://evil.example/"],
  expiresAt: ["2999-01-01T00:00:00Z"],
  clientSecret: [`${plantedSecret}-client`],
};

/** `connectors` of `/v1/connectors/…`; the type of a hook's endpoint. */
function kindOf(path: string): string {
  if (path.startsWith("/hooks/")) return "inbound-endpoints";
  return /^\/v1\/(?:platform\/|keys\/)?([\w-]+)/.exec(path)?.[1] ?? "other";
}

function kindOfField(field: string): string {
  const kinds: Readonly<Record<string, string>> = {
    userId: "users",
    actorUserId: "users",
    connectorId: "connectors",
    tenantId: "tenants",
  };
  return kinds[field] ?? field;
}

function isPlain(kind: string): boolean {
  return kind !== "cursors" && kind !== "vendor" && kind !== "tenants";
}

function visit(value: unknown, found: (name: string, text: string) => void): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === "string") found(name, inner);
    else visit(inner, found);
  }
}

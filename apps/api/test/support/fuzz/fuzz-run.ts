import { createApiKey, sha256Hex } from "../../../src/keys/api-key.js";
import { type Role, roles } from "../../../src/repositories/index.js";
import { type Answer, ApiClient } from "../api-client.js";
import { type DocumentedCall, listCalls } from "../document-calls.js";
import { platformKey, type TestService, type TestTenantClient } from "../service.js";
import { findFaults } from "./fuzz-oracle.js";
import { type FuzzRequest, makeRequest } from "./fuzz-requests.js";
import { FuzzWorld, type FuzzWorldOptions } from "./fuzz-world.js";
import { type SeededRandom, seededRandom } from "./seeded-random.js";

/** What a run is made of. */
export interface FuzzOptions extends FuzzWorldOptions {
  readonly service: TestService;
  /** Whose people call. */
  readonly tenant: TestTenantClient;
  readonly seed: number;
  readonly requests: number;
  /** Sees to it that there are connectors which work. @returns their ids. */
  readonly tend: (api: ApiClient) => Promise<readonly string[]>;
  /** Secrets that nobody may be told, beside those of the callers. */
  readonly secrets: readonly string[];
}

/** What came of it. */
export interface FuzzReport {
  /** One text for each fault, with the request to send again. */
  readonly faults: readonly string[];
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Calls that succeeded at least once. */
  readonly succeeded: ReadonlySet<string>;
  /** Calls that were made at all. */
  readonly called: ReadonlySet<string>;
  /** Everything that must be in no log. */
  readonly secrets: ReadonlySet<string>;
}

const lanes = 4;
/** Of the first lane: what the others do meanwhile comes on top. */
const requestsBetweenCare = 50;
const answerTimeoutMs = 20_000;
const faultsShown = 20;

/** Sends requests made from the service's own document, from several callers at once. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { service, tenant, marks } = options;
  const calls = listCalls((await tenant.api.get("/openapi.json")).body);
  const world = new FuzzWorld(options);
  const keys = new Map<string, string | undefined>([
    ["nobody", undefined],
    ["stranger", `isth_00000000_${"A".repeat(43)}`],
    ["platform", platformKey],
  ]);
  const secrets = new Set(options.secrets);
  const keep = (key: string) => {
    secrets.add(key);
    secrets.add(sha256Hex(key));
  };
  const renew = async (caller: string) => {
    if (!isRole(caller)) return;
    const key = await addPerson(service, tenant, caller);
    keys.set(caller, key);
    keep(key);
  };
  for (const role of roles) await renew(role);

  // The first of each kind.
  const faults = new Map<string, string>();
  const statuses: Record<string, number> = {};
  const succeeded = new Set<string>();
  const called = new Set<string>();

  const once = async (random: SeededRandom) => {
    const call = pickCall(calls, random);
    const caller = pickCaller(call, random);
    const request = makeRequest(call, caller, world.materialFor(caller, random), random);
    called.add(call.operationId);
    const answer = await send(service.url, keys.get(caller), request);
    if (answer === undefined) return; // a stream that goes on for ever
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    if (answer.status < 300 && request.isOfCall) succeeded.add(call.operationId);
    for (const fault of findFaults(call, request, answer, { secrets, marks })) {
      const kind = `${call.operationId}: ${fault}`;
      if (!faults.has(kind))
        faults.set(kind, `${kind}\n  ${JSON.stringify(request)}\n  → ${answer.status} ${answer.text.slice(0, 600)}`);
    }
    world.learn(request, answer);
    // A new key is told once, to whoever made it.
    const key: unknown = answer.body?.key ?? answer.body?.apiKey?.key;
    if (typeof key === "string") keep(key);
    // Somebody has withdrawn the key, or disabled its person.
    if (answer.status === 401) await renew(caller);
  };

  // By somebody new: whoever is there may have lost their rights.
  const tend = async () => {
    await renew("admin");
    world.keep("connectors", await options.tend(new ApiClient(service.url, keys.get("admin"))));
  };
  const perLane = Math.ceil(options.requests / lanes);
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const random = seededRandom(options.seed * lanes + lane);
      for (let count = 0; count < perLane && faults.size < faultsShown; count += 1) {
        if (lane === 0 && count % requestsBetweenCare === 0) await tend();
        await once(random);
      }
    }),
  );
  return { faults: [...faults.values()], statuses, succeeded, called, secrets };
}

function isRole(caller: string): caller is Role {
  return (roles as readonly string[]).includes(caller);
}

/** Past the API, where some request may have taken every administrator's rights. */
function addPerson({ services }: TestService, { tenantId }: TestTenantClient, role: Role): Promise<string> {
  const email = `${crypto.randomUUID()}@example.com`;
  const { key, prefix, hash } = createApiKey(services.random);
  return services.database.asTenant(tenantId, async ({ users, apiKeys }) => {
    const { id } = await users.create({ email, name: role, roles: [role] });
    await apiKeys.create({ userId: id, name: "fuzz", prefix, hash });
    return key;
  });
}

/** A third of the requests is for operations of connectors, however many there are. */
function pickCall(calls: readonly DocumentedCall[], random: SeededRandom): DocumentedCall {
  const isOperation = random.chance(0.33);
  const family = calls.filter(({ path }) => path.includes("/operations/") === isOperation);
  const call = random.pick(family);
  // What ends things comes seldom, so that there is something for the others.
  const isEnd = call.method === "DELETE" || /\/(disconnect|purge)$/.test(call.path);
  return isEnd && random.chance(0.6) ? pickCall(calls, random) : call;
}

function pickCaller({ security }: DocumentedCall, random: SeededRandom): string {
  if (security.includes("platformKey")) return random.chance(0.85) ? "platform" : random.pick(["admin", "nobody"]);
  if (security.length === 0) return "nobody";
  if (random.chance(0.85))
    return random.pick(["admin", "admin", "admin", "admin", "admin", "editor", "editor", "operator"]);
  return random.pick(["viewer", "approver", "nobody", "stranger", "platform"]);
}

async function send(url: string, key: string | undefined, request: FuzzRequest): Promise<Answer | undefined> {
  const isEndless = request.address.includes("/operations/events.subscribe");
  const hasBody = request.body !== undefined && request.method !== "GET" && request.method !== "HEAD";
  try {
    const response = await fetch(url + request.address, {
      method: request.method,
      redirect: "manual",
      signal: AbortSignal.timeout(isEndless ? 300 : answerTimeoutMs),
      headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...request.headers },
      ...(hasBody && { body: request.body }),
    });
    const text = await response.text();
    const isJson = /\bjson/.test(response.headers.get("content-type") ?? "") && text !== "";
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  } catch (error) {
    if (isEndless && error instanceof Error && error.name === "TimeoutError") return undefined;
    throw new Error(`No answer to ${JSON.stringify(request)}`, { cause: error });
  }
}

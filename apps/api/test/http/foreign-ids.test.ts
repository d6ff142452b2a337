import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { roles } from "../../src/repositories/index.js";
import { type Answer, ApiClient } from "../support/api-client.js";
import { type DocumentedCall, type JsonSchema, listCalls } from "../support/document-calls.js";
import { type FullTenant, fillTenant } from "../support/full-tenant.js";
import { validValue } from "../support/fuzz/schema-values.js";
import { seededRandom } from "../support/fuzz/seeded-random.js";
import { useServerDatabase } from "../support/server-database.js";
import { sandboxConnector, startTestService, type TestService } from "../support/service.js";
import { dumpTenant, findMarks, type TenantDump } from "../support/tenant-dump.js";

/** A request with one place for an id. */
interface Probe {
  readonly name: string;
  readonly call: DocumentedCall;
  send(api: ApiClient, id: string): Promise<Answer>;
  /** The id of theirs for that place. */
  readonly foreignId: string;
  /** Whether the place is in the path: then there is nothing without the thing that it names. */
  readonly isInPath: boolean;
}

const fresh = () => crypto.randomUUID();

/** Where the first thing of the list would be there and yet not be found. */
const exceptions: Readonly<Record<string, (of: FullTenant) => string>> = {
  "POST /v1/connectors/{id}/restore": ({ deletedConnectorId }) => deletedConnectorId,
  "POST /v1/deliveries/{id}/replay": ({ deliveryId }) => deliveryId,
};

describe("every route of the document with another tenant's ids", () => {
  const get = useServerDatabase();
  let service: TestService;
  let mine: FullTenant;
  let theirs: FullTenant;
  let me: ApiClient;
  let they: ApiClient;
  let probes: readonly Probe[];
  let before: TenantDump;
  let marks: ReadonlySet<string>;
  let query: (sql: string, ...values: unknown[]) => Promise<Record<string, unknown>[]>;
  let end: () => Promise<void>;

  beforeAll(async () => {
    const { server, url, database } = get();
    service = await startTestService(database);
    const superuser = await server.connectAsSuperuser(url);
    end = () => superuser.end();
    query = async (sql, ...values) => (await superuser.query<Record<string, unknown>>(sql, values)).rows;
    // With every role, so that nothing is refused for want of one.
    mine = await fillTenant(database, roles);
    theirs = await fillTenant(database, roles);
    me = new ApiClient(service.url, mine.apiKey);
    they = new ApiClient(service.url, theirs.apiKey);
    const calls = listCalls((await me.get("/openapi.json")).body).filter(({ security }) => security.includes("apiKey"));
    probes = makeProbes(calls, await listIds(calls, me), await listIds(calls, they));
    before = await dumpTenant(query, theirs.tenantId);
    marks = findMarks(before, await dumpTenant(query, mine.tenantId));
  });
  afterAll(async () => {
    await end?.();
    await service?.close();
  });

  /** The first id of each list that there is, by its path. */
  async function listIds(calls: readonly DocumentedCall[], api: ApiClient): Promise<ReadonlyMap<string, string>> {
    const lists = calls.filter(({ method, path }) => method === "GET" && !path.includes("{"));
    const found = new Map<string, string>();
    for (const { path } of lists) {
      const { data } = (await api.get(path)).body ?? {};
      if (Array.isArray(data) && typeof data[0]?.id === "string") found.set(path, data[0].id);
    }
    return found;
  }

  function makeProbes(
    calls: readonly DocumentedCall[],
    own: ReadonlyMap<string, string>,
    foreign: ReadonlyMap<string, string>,
  ): readonly Probe[] {
    const idOf = (ids: ReadonlyMap<string, string>, { path }: DocumentedCall) => ids.get(path.split("/{")[0] ?? "");
    return calls.flatMap((call) => {
      const body = bodyOf(call);
      const pathOf = (id: string) =>
        call.path.replace(/\{(\w+)\}/g, (_, name) => (name === "id" || name.endsWith("Id") ? id : "Account"));
      const name = `${call.method} ${call.path}`;
      const inPath: Probe[] = call.path.includes("{id}")
        ? [
            {
              name,
              call,
              isInPath: true,
              foreignId: exceptions[name]?.(theirs) ?? idOf(foreign, call) ?? "",
              send: (api, id) => send(api, call, pathOf(id), body),
            },
          ]
        : [];
      const ownPath = pathOf(idOf(own, call) ?? fresh());
      const inQuery = call.parameters
        .filter((each) => each.in === "query")
        .filter((each) => isId(each.name, each.schema));
      const inBody = Object.entries(Object(call.body?.properties) as Record<string, JsonSchema>).filter(
        ([field, schema]) => isId(field, schema),
      );
      const kindOf = (field: string) => foreign.get(field === "connectorId" ? "/v1/connectors" : "/v1/users") ?? "";
      return [
        ...inPath,
        ...inQuery.map(({ name: field }): Probe => {
          const value = (id: string) => (field === "cursor" ? Buffer.from(id).toString("base64url") : id);
          const address = (id: string) => `${ownPath}?${field}=${value(id)}`;
          return {
            name: `${name} ?${field}`,
            call,
            isInPath: false,
            foreignId: kindOf(field),
            send: (api, id) => send(api, call, address(id), body),
          };
        }),
        ...inBody.map(
          ([field]): Probe => ({
            name: `${name} {${field}}`,
            call,
            isInPath: false,
            foreignId: kindOf(field),
            send: (api, id) => send(api, call, ownPath, { ...Object(body), [field]: id }),
          }),
        ),
      ];
    });

    function bodyOf(call: DocumentedCall): unknown {
      if (call.operationId === "createConnector") return sandboxConnector(service);
      if (call.consumes !== undefined) return "Name\nx";
      // The same for a call whatever other calls there are. Nothing that is looked up before the thing itself.
      const chosen: Readonly<Record<string, unknown>> = { environment: "sandbox", identity: null, connectorIds: [] };
      return call.body && validValue(call.body, seededRandom(1), (field) => chosen[field]);
    }
  }

  function send(api: ApiClient, call: DocumentedCall, address: string, body: unknown): Promise<Answer> {
    const required = call.parameters.filter((each) => each.in === "query" && each.required);
    const more = required.map(({ name, schema }) => `${name}=${validValue(schema, seededRandom(2), () => undefined)}`);
    const full = more.length === 0 ? address : `${address}${address.includes("?") ? "&" : "?"}${more.join("&")}`;
    const type = call.consumes?.replaceAll("*", "plain");
    return api.send(call.method, full, body, { "if-match": '"1"', ...(type && { "content-type": type }) });
  }

  /** An answer without what differs between any two. */
  function comparable({ status, headers, text }: Answer, id: string): object {
    const names = [...headers.keys()].filter((name) => !/^(date|x-request-id|content-length|ratelimit.*)$/.test(name));
    // How many events wait to be sealed changes with each refusal.
    const plain = text.replaceAll(id, "<id>").replace(/"(requestId":"[^"]+"|unsealed":\d+)/g, '"<varies>');
    return { status, names, type: headers.get("content-type"), text: plain };
  }

  it("has an id of theirs for each place that takes one", () => {
    expect(probes.filter(({ foreignId }) => foreignId === "").map(({ name }) => name)).toEqual([]);
    expect(probes.filter(({ isInPath }) => isInPath).length).toBeGreaterThan(45);
    expect(probes.filter(({ isInPath }) => !isInPath).length).toBeGreaterThan(10);
  });

  it("answers as if there were nothing of that id anywhere, and changes nothing", async () => {
    for (const { name, isInPath, foreignId, send: sendWith } of probes) {
      const unknown = fresh();
      const answer = await sendWith(me, foreignId);
      const nothing = await sendWith(me, unknown);
      const said = `${name} → ${answer.status} ${answer.text.slice(0, 200)}`;
      if (isInPath) expect([answer.status, answer.body?.code], said).toEqual([404, "NOT_FOUND"]);
      // A cursor is a place in an order, and so where it is decides what comes after it.
      if (!name.endsWith("?cursor")) expect(comparable(answer, foreignId), said).toEqual(comparable(nothing, unknown));
      const told = [...marks].filter((mark) => mark !== foreignId && answer.text.includes(mark));
      expect(told, said).toEqual([]);
    }
    expect(await dumpTenant(query, theirs.tenantId)).toEqual(before);
  });

  it("would find them with a key of theirs (control)", async () => {
    // What ends a thing goes last, so that the others still find it.
    const isEnd = ({ call }: Probe) => call.method === "DELETE" || /\/(purge|disconnect)$/.test(call.path);
    const inOrder = probes.filter(({ isInPath }) => isInPath).toSorted((a, b) => Number(isEnd(a)) - Number(isEnd(b)));
    const missed: string[] = [];
    for (const { name, foreignId, send: sendWith } of inOrder) {
      const { status } = await sendWith(they, foreignId);
      if (status === 404) missed.push(name);
    }
    expect(missed).toEqual([]);
  });
});

function isId(field: string, { format, anyOf }: JsonSchema): boolean {
  const options = Array.isArray(anyOf) ? (anyOf as JsonSchema[]) : [];
  return field === "cursor" || format === "uuid" || options.some((option) => option.format === "uuid");
}

import { describe, expect, it } from "vitest";
import type { CustomConfigurationInput } from "../src/index.js";
import { itemsEntity, readItems } from "./entity-bench.js";
import { ping, type RestAnswer, type RestServer, type SeenRequest, startRestServer } from "./rest-server.js";

type Paging = NonNullable<CustomConfigurationInput["entities"]>[number]["list"]["paging"];

const all = Array.from({ length: 7 }, (_, index) => ({ id: index + 1 }));
const ids = all.map(({ id }) => String(id));
const slice = (from: number, size = 3) => all.slice(from, from + size);
const numberOf = ({ query }: SeenRequest, name: string, missing = 0) => Number(query.get(name) ?? missing);

/** Reads what a server gives by a kind of paging. */
async function readBy(
  paging: Paging,
  answer: (request: SeenRequest, server: RestServer) => RestAnswer,
  list: object = {},
) {
  const holder: { server?: RestServer } = {};
  await using server = await startRestServer((request) => (holder.server ? answer(request, holder.server) : {}));
  holder.server = server;
  const connector = server.connector({ entities: [itemsEntity({ ...(paging && { paging }), ...list })] });
  const reading = await readItems(connector);
  // From each cursor that was stored on the way, what is left is read and nothing else.
  for (const [index, { cursor }] of reading.batches.slice(0, -1).entries()) {
    const rest = await readItems(connector, cursor);
    expect(rest.changes).toEqual(reading.batches.slice(index + 1).flatMap(({ changes }) => changes));
  }
  return { ...reading, targets: server.requests.map(({ target }) => target) };
}

describe("a list", () => {
  it("in one answer", async () => {
    expect((await readBy({ kind: "none" }, () => ({ body: { items: all } }))).ids).toEqual(ids);
  });

  it("that is the whole answer", async () => {
    expect((await readBy({ kind: "none" }, () => ({ body: all }), { records: "" })).ids).toEqual(ids);
  });

  it("by a cursor in the body, a text or a number, until there is none or the API says that there are no more", async () => {
    const paging = { kind: "cursor", parameter: "after", next: "/meta/next", more: "/meta/more" } as const;
    const read = (end: object) =>
      readBy(paging, (request) => {
        const from = numberOf(request, "after");
        return { body: { items: slice(from), meta: from + 3 < all.length ? { next: from + 3, more: true } : end } };
      });
    for (const end of [{}, { next: null }, { next: "" }, { next: 99, more: false }])
      expect((await read(end)).ids).toEqual(ids);
    expect((await read({})).targets.slice(0, 3)).toEqual(["/items", "/items?after=3", "/items?after=6"]);
  });

  it("by page numbers, to an empty page, so that a full page by chance ends nothing", async () => {
    const { ids: read, targets } = await readBy(
      { kind: "page", parameter: "page" },
      (request) => ({ body: { items: slice((numberOf(request, "page") - 1) * 3) } }),
      { query: { size: "3" } },
    );
    expect(read).toEqual(ids);
    expect(targets.slice(0, 4)).toEqual(["1", "2", "3", "4"].map((page) => `/items?size=3&page=${page}`));
  });

  it("by page numbers from 0, to the page that says so", async () => {
    const { ids: read, batches } = await readBy(
      { kind: "page", parameter: "p", first: 0, more: "/more" },
      (request) => {
        const page = numberOf(request, "p");
        return { body: { items: slice(page * 3), more: page < 2 } };
      },
    );
    expect(read).toEqual(ids);
    expect(batches).toHaveLength(3);
  });

  const offset = { kind: "offset", parameter: "skip", limitParameter: "take", limit: 3 } as const;

  it("by an offset, with one record of each page once more", async () => {
    const { ids: read, targets } = await readBy(offset, (request) => ({
      body: { items: slice(numberOf(request, "skip"), numberOf(request, "take")) },
    }));
    expect(read).toEqual(ids);
    expect(targets.slice(0, 3)).toEqual(["/items?skip=0&take=3", "/items?skip=2&take=3", "/items?skip=4&take=3"]);
  });

  it("by an offset is begun anew when a record went away meanwhile, so that none slips through", async () => {
    await using server = await startRestServer((request) => {
      const left = server.requests.length > 1 ? all.filter(({ id }) => id !== 1) : all;
      return { body: { items: left.slice(numberOf(request, "skip"), numberOf(request, "skip") + 3) } };
    });
    const { ids: read } = await readItems(server.connector({ entities: [itemsEntity({ paging: offset })] }));
    expect(new Set(read)).toEqual(new Set(ids));
  });

  it("by an offset that moves at each reading is given up", async () => {
    let first = 0;
    await using server = await startRestServer(() => {
      first += 10;
      return { body: { items: [{ id: first }, { id: first + 1 }, { id: first + 2 }] } };
    });
    const read = readItems(server.connector({ entities: [itemsEntity({ paging: offset })] }));
    await expect(read).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE", retryable: true });
  });

  it.each([
    ["absolute", (origin: string, from: number) => `<${origin}/items?from=${from}>; rel="next"`],
    [
      "relative, behind others",
      (_: string, from: number) => `</items?from=0>; rel=first, <?from=${from}>; title="a, b"; rel="last NEXT"`,
    ],
  ])("by a Link header, %s", async (_, link) => {
    const { ids: read } = await readBy({ kind: "link" }, (request, { url }) => {
      const from = numberOf(request, "from");
      const headers = from + 3 < all.length ? { link: link(url, from + 3) } : { link: '</items>; rel="prev"' };
      return { body: { items: slice(from) }, headers };
    });
    expect(read).toEqual(ids);
  });

  it("by several Link headers, of which one with another anchor says nothing", async () => {
    const { ids: read } = await readBy({ kind: "link" }, (request) => {
      const from = numberOf(request, "from");
      const more = [`</other>; rel=next; anchor="#x"`, `</items?from=${from + 3}>; rel=next`];
      return { body: { items: slice(from) }, ...(from + 3 < all.length && { headers: { link: more } }) };
    });
    expect(read).toEqual(ids);
  });

  it("by the next page's address in the body", async () => {
    const { ids: read, targets } = await readBy({ kind: "next_url", next: "/next" }, (request) => {
      const from = numberOf(request, "from");
      return { body: { items: slice(from), next: from + 3 < all.length ? `/items?from=${from + 3}&f=a%20b` : null } };
    });
    expect(read).toEqual(ids);
    expect(targets[1]).toBe("/items?from=3&f=a%20b");
  });
});

describe("a list that has no end", () => {
  it.each<[string, Paging, (request: SeenRequest, count: number) => object, number]>([
    ["leads back to a page", { kind: "cursor", parameter: "c", next: "/next" }, (_, count) => ({ next: count % 3 }), 4],
    ["leads back to itself", { kind: "next_url", next: "/next" }, () => ({ next: "/items" }), 2],
    ["gives one page for every number", { kind: "page", parameter: "p" }, () => ({}), 2],
    ["goes on and on", { kind: "cursor", parameter: "c", next: "/next" }, (_, count) => ({ next: count }), 20],
  ])("because it %s is noticed", async (_, paging, rest, requests) => {
    await using server = await startRestServer((request) => ({
      body: { items: slice(0), ...rest(request, server.requests.length) },
    }));
    const connector = server.connector({ entities: [itemsEntity({ ...(paging && { paging }), maxPages: 20 })] });
    await expect(readItems(connector)).rejects.toMatchObject({
      code: "UNEXPECTED_RESPONSE",
      message: expect.stringMatching(/no end/),
    });
    expect(server.requests).toHaveLength(requests);
  });

  it("is noticed by a reader that goes on from stored cursors too", async () => {
    await using server = await startRestServer(() => ({ body: { items: slice(0), next: server.requests.length } }));
    const paging = { kind: "cursor", parameter: "c", next: "/next" } as const;
    const connector = server.connector({ entities: [itemsEntity({ paging, maxPages: 5 })] });
    const { read } = connector.entities;
    let cursor: Awaited<ReturnType<typeof readItems>>["cursor"];
    const readOne = async () => {
      for await (const batch of read("items", cursor, new AbortController().signal)) {
        cursor = batch.cursor;
        return;
      }
    };
    for (let page = 1; page < 5; page += 1) await readOne();
    await expect(readOne()).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });
});

describe("a next page's address", () => {
  const key = { authenticationMethod: "api_key", credentials: { apiKey: "k-secret-0123456789" } } as const;

  it.each([
    ["another host", (other: RestServer) => `${other.url}/items`],
    ["another host without a scheme", (other: RestServer) => `//${other.host}/items`],
    ["a user name", (_: RestServer, own: string) => `${own.replace("://", "://ada@")}/items`],
    ["another scheme", (_: RestServer, own: string) => `${own.replace("http:", "https:")}/items`],
  ])("with %s is refused, and gets no credentials", async (_, next) => {
    await using other = await startRestServer(() => ({ body: { items: [] } }));
    const answer = (own: string) => ({
      body: { items: all, next: next(other, own) },
      headers: { link: `<${next(other, own)}>; rel=next` },
    });
    await using server = await startRestServer(() => answer(server.url));
    for (const paging of [{ kind: "next_url", next: "/next" }, { kind: "link" }] as const) {
      const connector = server.connector(
        { entities: [itemsEntity({ paging })], authentication: { apiKey: { in: "header", name: "X-Key" } } },
        { ...key, allowedPrivateHosts: [server.host, other.host] },
      );
      await expect(readItems(connector)).rejects.toMatchObject({ code: "FORBIDDEN_TARGET" });
    }
    expect(other.requests).toHaveLength(0);
  });

  it.each([7, { url: "/items" }, "http://["])("that is none (%j) is UNEXPECTED_RESPONSE", async (next) => {
    await using server = await startRestServer(() => ({ body: { items: all, next } }));
    const connector = server.connector({ entities: [itemsEntity({ paging: { kind: "next_url", next: "/next" } })] });
    await expect(readItems(connector)).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });

  it("that repeats the API key does not bring it into a cursor, and the key is sent all the same", async () => {
    await using server = await startRestServer(({ query, target }) =>
      query.has("from") ? { body: { items: [] } } : { body: { items: all, next: `${target}&from=7` } },
    );
    const connector = server.connector(
      {
        entities: [itemsEntity({ paging: { kind: "next_url", next: "/next" } })],
        authentication: { apiKey: { in: "query", name: "key" } },
      },
      key,
    );
    const { batches } = await readItems(connector);
    expect(JSON.stringify(batches)).not.toContain("k-secret");
    expect(server.requests.map(({ target }) => target)).toEqual([
      "/items?key=k-secret-0123456789",
      "/items?from=7&key=k-secret-0123456789",
    ]);
  });
});

describe("a cursor", () => {
  it("whose page the API has forgotten begins the read anew, and no other failure does", async () => {
    let status = 410;
    await using server = await startRestServer(({ query }) => {
      if (query.get("c") === "1" && server.requests.length > 1) return { status };
      return { body: { items: query.has("c") ? [] : all, next: query.has("c") ? null : server.requests.length } };
    });
    const paging = { kind: "cursor", parameter: "c", next: "/next" } as const;
    const connector = server.connector({ entities: [itemsEntity({ paging })] });
    let cursor: Awaited<ReturnType<typeof readItems>>["cursor"];
    for await (const batch of connector.entities.read("items", undefined, new AbortController().signal)) {
      cursor = batch.cursor;
      break;
    }
    expect((await readItems(connector, cursor)).ids).toEqual(ids);
    status = 403;
    await expect(readItems(connector, cursor)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it.each([
    ["of another version", { v: 2 }, "CURSOR_EXPIRED"],
    ["that is none", { v: 1, list: 7 }, "VALIDATION_FAILED"],
    // As is one of a list that was configured otherwise: whoever has it begins anew, and is not stopped for good.
    ["of another entity", undefined, "CURSOR_EXPIRED"],
  ])("%s is refused before anything is sent", async (_, cursor, code) => {
    await using server = await startRestServer(() => ({ body: { items: all } }));
    const connector = server.connector({
      operations: [ping],
      entities: [itemsEntity({}), { ...itemsEntity({}), name: "others" }],
    });
    const stored = cursor ?? (await readItems(connector, undefined, "others")).cursor;
    server.requests.length = 0;
    await expect(readItems(connector, stored)).rejects.toMatchObject({ code });
    expect(server.requests).toHaveLength(0);
  });

  it.each(["@evil.example/", "//evil.example/x", "/\\evil.example", "http://evil.example/"])(
    "that somebody has changed to lead to %s leads nowhere else",
    async (at) => {
      await using server = await startRestServer(() => ({ body: { items: all, next: "/items?p=2" } }));
      const connector = server.connector({ entities: [itemsEntity({ paging: { kind: "next_url", next: "/next" } })] });
      const { read } = connector.entities;
      const signal = new AbortController().signal;
      for await (const { cursor } of read("items", undefined, signal)) {
        const page: object = Object(cursor.page);
        server.requests.length = 0;
        const failure = await readItems(connector, { ...cursor, page: { ...page, at } }).catch(
          (error: unknown) => error,
        );
        if (server.requests.length === 0) expect(failure).toMatchObject({ code: "VALIDATION_FAILED" });
        expect(server.requests.every(({ headers }) => headers.host === server.host)).toBe(true);
        return;
      }
    },
  );
});

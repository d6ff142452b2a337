import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A change as the vendor tells it. */
export interface FeedItem {
  readonly id: string;
  /** `undefined` = it is gone. */
  readonly record?: Record<string, unknown>;
}

/** A record to write, as the connector sends it. */
export interface FeedWrite {
  readonly key: string;
  readonly id?: string;
  readonly record?: Record<string, unknown>;
  readonly deleted: boolean;
  /** The `v` that the record has to have. */
  readonly base?: string;
}

/** A vendor that keeps an order of all changes, and gives pages of them. */
export interface FeedVendor {
  /** Origin. */
  readonly url: string;
  readonly host: string;
  /** Pages that were asked for: entity, number of the change before it. */
  readonly requests: string[];
  /** Makes or changes a record. @returns the number of the change. */
  put(entity: string, id: string, record: Record<string, unknown>): number;
  /** Deletes it, and tells so. */
  remove(entity: string, id: string): void;
  /** Deletes it, and never tells. */
  forget(entity: string, id: string): void;
  /** What the vendor has. */
  records(entity: string): ReadonlyMap<string, Record<string, unknown>>;
  /** Answers one page of an entity with this status, after `pages` others. */
  failAfter(entity: string, pages: number, status: number): void;
  /** Keys of writes in the order in which they came; repetitions as well. */
  readonly writes: string[];
  /** Called with each write before it is done: what it gives is the status that answers it instead. */
  beforeWrite: (write: FeedWrite) => number | undefined | Promise<number | undefined>;
  /** Asked of each page: a status to answer instead, `cut` = break off in the middle, `undefined` = answer it. */
  disturb(choose: (() => number | "cut" | undefined) | undefined): void;
  /** Holds pages back from the change of this number on, until {@link release}. Resolves when one is asked for. */
  hold(from: number): Promise<void>;
  release(): void;
  close(): Promise<void>;
}

/** Starts it on a free port of this machine. */
export async function startFeedVendor(): Promise<FeedVendor> {
  /** By id, in the order of their last changes. */
  const logs = new Map<string, Map<string, FeedItem & { readonly place: number }>>();
  const requests: string[] = [];
  const failures = new Map<string, { pages: number; readonly status: number }>();
  let held:
    | { readonly from: number; readonly asked: PromiseWithResolvers<void>; readonly free: PromiseWithResolvers<void> }
    | undefined;
  let disturbance: (() => number | "cut" | undefined) | undefined;
  let places = 0;

  const logOf = (entity: string) => {
    const log = logs.get(entity) ?? new Map();
    logs.set(entity, log);
    return log;
  };
  const without = (entity: string, id: string) => void logOf(entity).delete(id);
  const write = (entity: string, item: FeedItem) => {
    without(entity, item.id);
    logOf(entity).set(item.id, { ...item, place: ++places });
    return places;
  };

  async function answer(address: URL, response: ServerResponse): Promise<void> {
    const [entity = "", isCount] = address.pathname.slice(1).split("/");
    const from = Number(address.searchParams.get("after"));
    const behind = () => [...logOf(entity).values()].filter((item) => item.place > from);
    const send = (body: unknown) =>
      void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (isCount) return send(behind().length);
    requests.push(`${entity} ${from}`);
    const failure = failures.get(entity);
    if (failure && failure.pages-- === 0) {
      failures.delete(entity);
      return void response.writeHead(failure.status).end("{}");
    }
    const trouble = disturbance?.();
    if (trouble === "cut") {
      response.writeHead(200, { "content-type": "application/json", "content-length": "9999" }).write("[{");
      return void setImmediate(() => response.destroy());
    }
    if (trouble !== undefined) return void response.writeHead(trouble, { "retry-after": "0" }).end("{}");
    if (held && from >= held.from) {
      held.asked.resolve();
      await held.free.promise;
    }
    send(behind().slice(0, Number(address.searchParams.get("size"))));
  }

  const writes: string[] = [];
  const answered = new Map<string, object>();

  async function takeWrite(entity: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const wish: FeedWrite = JSON.parse(await text(request));
    writes.push(wish.key);
    const status = await vendor.beforeWrite(wish);
    if (status !== undefined) return void response.writeHead(status).end("{}");
    const written = answered.get(wish.key) ?? doWrite(entity, wish);
    if (written === undefined) return void response.writeHead(412).end("{}");
    answered.set(wish.key, written);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(written));
  }

  /** @returns `undefined` when the record is another one by now. */
  function doWrite(entity: string, { id, record = {}, deleted, base }: FeedWrite): object | undefined {
    const there = id === undefined ? undefined : vendor.records(entity).get(id);
    if (base !== undefined && String(there?.v) !== base) return undefined;
    const name = id ?? `new-${places + 1}`;
    if (deleted) write(entity, { id: name });
    else write(entity, { id: name, record: { ...there, ...record, v: Number(there?.v ?? 0) + 1 } });
    return { outcome: deleted ? "deleted" : there ? "updated" : "created", id: name };
  }

  const server = createServer((request, response) => {
    const address = new URL(request.url ?? "/", "http://x");
    if (request.method === "POST") void takeWrite(address.pathname.slice(1), request, response);
    else void answer(address, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const vendor: FeedVendor = {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    requests,
    writes,
    beforeWrite: () => undefined,
    put: (entity, id, record) => write(entity, { id, record }),
    remove: (entity, id) => write(entity, { id }),
    forget: without,
    records: (entity) =>
      new Map([...logOf(entity).values()].flatMap(({ id, record }) => (record ? [[id, record] as const] : []))),
    failAfter: (entity, pages, status) => void failures.set(entity, { pages, status }),
    disturb(choose) {
      disturbance = choose;
    },
    hold(from) {
      held = { from, asked: Promise.withResolvers(), free: Promise.withResolvers() };
      return held.asked.promise;
    },
    release() {
      held?.free.resolve();
      held = undefined;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return vendor;
}

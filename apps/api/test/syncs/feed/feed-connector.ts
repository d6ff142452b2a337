import {
  AuthenticationError,
  BaseConnector,
  type ConnectedAccount,
  ConnectorError,
  type ConnectorRequest,
  defaultRefreshPolicy,
  defineConnector,
  defineScheme,
  type EntityBatch,
  type EntityCursor,
  isConnectorError,
  mapHttpStatus,
  outcomeOfConflict,
  outcomeOfFailure,
  type RecordOutcome,
  type RecordWrite,
  type RecordWriteCall,
  type TransportResponse,
} from "@isthmus/core";
import { z } from "zod";

const credentialsSchema = z.strictObject({ key: z.string() });
const configurationSchema = z.strictObject({
  url: z.url(),
  pageSize: z.int().default(2),
  /** Cursors as only a defective connector gives them. */
  unversioned: z.boolean().default(false),
});
type Configuration = z.output<typeof configurationSchema>;
const pageSchema = z.array(z.object({ id: z.string(), place: z.int(), record: z.looseObject({}).optional() }));
const writtenSchema = z.object({ outcome: z.enum(["created", "updated", "deleted"]), id: z.string() });

/** A connector to `FeedVendor`. */
class FeedConnector extends BaseConnector<unknown, Configuration> {
  async *read(entity: string, cursor: EntityCursor | undefined, signal: AbortSignal): AsyncIterable<EntityBatch> {
    for (let after = Number(cursor?.after ?? 0); ; ) {
      const path = `/${entity}?after=${after}&size=${this.context.configuration.pageSize}`;
      const answer = await this.send({ method: "GET", path, name: "page", idempotent: true, maxAttempts: 1, signal });
      const page = pageSchema.parse(answer.json());
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.place;
      const changes = page.map(({ id, record }) => ({ id, deleted: record === undefined, ...(record && { record }) }));
      const cursor: EntityCursor = { v: 1, after };
      if (this.context.configuration.unversioned) Reflect.deleteProperty(cursor, "v");
      yield { changes, cursor };
    }
  }

  /** The vendor numbers its changes; each number is a second of its time. */
  async startAt(sinceMs: number): Promise<EntityCursor> {
    return { v: 1, after: Math.ceil(sinceMs / 1_000) - 1 };
  }

  async count(entity: string, sinceMs: number | undefined, signal: AbortSignal): Promise<number> {
    const { after } = await this.startAt(sinceMs ?? 0);
    const path = `/${entity}/count?after=${after}`;
    const answer = await this.send({ method: "GET", path, name: "count", idempotent: true, maxAttempts: 1, signal });
    return z.int().parse(answer.json());
  }

  /** One request for each record, with a key: a second one with it is answered as the first. */
  async write(entity: string, write: RecordWrite, { policy, signal }: RecordWriteCall): Promise<RecordOutcome> {
    const { key, id, record, deleted, base } = write;
    const wish = { key, id, record, deleted, ...(policy !== "ours" && { base }) };
    try {
      const answer = await this.send({
        method: "POST",
        path: `/${entity}`,
        body: JSON.stringify(wish),
        name: "write",
        idempotent: true,
        maxAttempts: 1,
        signal,
      });
      return writtenSchema.parse(answer.json());
    } catch (error) {
      if (isConnectorError(error) && error.code === "CONFLICT") return outcomeOfConflict(policy, id);
      return outcomeOfFailure(error, id);
    }
  }

  protected async identify(): Promise<ConnectedAccount> {
    const { key } = credentialsSchema.parse(this.context.credentials);
    if (key === "nobody") throw new AuthenticationError("The vendor does not know this key.");
    return { id: key, name: "Feed", environment: "sandbox" };
  }

  protected baseUrl(): string {
    return this.context.configuration.url;
  }

  protected mapFailure({ status, headers }: TransportResponse, request: ConnectorRequest) {
    if (status === 410) return new ConnectorError("CURSOR_EXPIRED", "The vendor does not know that place any more.");
    return mapHttpStatus({ status, headers, request, nowMs: this.clock.now() });
  }
}

/** See `FeedConnector`. */
export const feed = defineConnector<Configuration, FeedConnector>({
  specificationVersion: 1,
  type: "feed",
  displayName: "Feed",
  version: "1.0.0",
  authentication: { api_key: defineScheme({ title: "Key", credentials: credentialsSchema }) },
  configuration: configurationSchema,
  externalSystemUrlField: "url",
  exampleConfiguration: { url: "https://feed.example.com" },
  refreshPolicy: defaultRefreshPolicy,
  allowedHosts: () => ["127.0.0.1"],
  operations: () => [],
  entities: (connector) => ({
    list: async () => [],
    describe: () => Promise.reject(new ConnectorError("NOT_FOUND", "There is no such entity.")),
    read: (entity, cursor, signal) => connector.read(entity, cursor, signal),
    startAt: (_entity, sinceMs) => connector.startAt(sinceMs),
    count: (entity, sinceMs, signal) => connector.count(entity, sinceMs, signal),
    writer: {
      batchSize: 3,
      baseOf: ({ v }) => (typeof v === "number" ? String(v) : undefined),
      write: (entity, records, call) => Promise.all(records.map((record) => connector.write(entity, record, call))),
    },
  }),
  create: (context) => new FeedConnector(context),
});

import { createPublicKey, randomBytes } from "node:crypto";
import type { Clock, RandomBytes } from "../shared/clock.js";
import { addControlRoutes } from "../shared/control-routes.js";
import type { Fault, FaultRule } from "../shared/faults.js";
import { type GrantPolicy, GrantStore } from "../shared/grant-store.js";
import { createPersistence, noPersistence, type Persistence } from "../shared/persistence.js";
import type { LoggedRequest, RequestFilter } from "../shared/request-log.js";
import { closeSandboxServer, createSandboxServer, type SandboxServer } from "../shared/sandbox-server.js";
import { BlobStore } from "./blobs/blob-store.js";
import { createFileFillIn, holdsBlob, publishVersion } from "./blobs/file-fields.js";
import { BulkJobs } from "./bulk/job-store.js";
import { createFillIn } from "./data/fill-in.js";
import { type AfterCreate, type FillIn, RecordService } from "./data/record-service.js";
import { RecordStore } from "./data/record-store.js";
import { addDataApi } from "./data-api.js";
import { organizationId } from "./ids.js";
import { requestLimitExceeded } from "./limits/admission.js";
import { OpenRequests } from "./limits/open-requests.js";
import { addOAuthRoutes } from "./oauth/oauth-routes.js";
import {
  addOutboundAction,
  addOutboundControls,
  listOutboundActions,
  type OutboundDescription,
  type OutboundWish,
} from "./outbound/outbound-controls.js";
import { OutboundQueue } from "./outbound/outbound-queue.js";
import { administratorUsername, seedRecords } from "./seed/seed-records.js";
import { changeSettings, defaultSettings, isSettingName, type SalesforceSettings } from "./settings.js";
import { addSoapApi } from "./soap/soap-routes.js";
import { QueryCursors } from "./soql/query-cursors.js";
import type { SalesforceState, SandboxClient } from "./state.js";
import { addCometdRoutes } from "./streaming/cometd-routes.js";
import { createStreaming } from "./streaming/streaming.js";
import { addStreamingControls, type GapWish, publishGap } from "./streaming/streaming-controls.js";

/** How to start a Salesforce sandbox; every part may be left out. */
export interface SalesforceSandboxOptions extends Partial<SalesforceSettings> {
  /** Default 0: any free port. */
  port?: number;
  /** Default 127.0.0.1, so that only this machine can reach it. */
  host?: string;
  /** The base URL that goes into `instance_url` and the identity URL. Default: the address it listens at. */
  publicUrl?: string;
  /** The time, in milliseconds since 1970. Default: the machine's. */
  clock?: Clock;
  /** Source of tokens and codes. Default: the machine's. */
  random?: RandomBytes;
  /** False starts with users only. Default true: a company's records. */
  seed?: boolean;
  /** A file that keeps grants and, beside it, records across restarts (mode 0600). Default: nothing is kept. */
  dataFile?: string;
  /** Told in a sentence when something goes wrong that no caller sees. Default: nobody is told. */
  log?: (message: string) => void;
  /** The connected app. Default: a fixed id and secret, and any https or local redirect URI. */
  client?: {
    id?: string;
    secret?: string;
    name?: string;
    redirectUris?: string[];
    /** The public key (PEM) for the JWT bearer flow, which is off without one. */
    jwtPublicKey?: string;
  };
}

/** A running Salesforce sandbox. */
export interface SalesforceSandbox {
  /** Base URL: login host, instance and My Domain in one. */
  url: string;
  /** The port it listens at, also when 0 was asked for. */
  port: number;
  /** The credentials of the connected app. */
  client: { id: string; secret: string };
  /** The administrator: the user whom `skipConsent` and the client credentials flow sign in. */
  username: string;
  /** Stops it: requests that are being answered get three seconds to finish. */
  close(): Promise<void>;
  /** Back to the first day: records, grants, faults, request log, counts, settings. */
  reset(): void;
  /** Changes settings while running. */
  configure(changes: Partial<SalesforceSettings>): void;
  /** @throws {InvalidFaultError} for a rule that cannot be played. */
  addFault(rule: FaultRule): Fault;
  /** The faults that still wait. */
  faults(): Fault[];
  /** Takes all waiting faults back. */
  clearFaults(): void;
  /** What it was asked, oldest first. */
  requests(filter?: RequestFilter): LoggedRequest[];
  /** Empties the request log; the next entry is number 1 again. */
  clearRequests(): void;
  /** Lets every access token run out; refresh tokens stay good. @returns how many there were. */
  expireAccessTokens(): number;
  /** Revokes every grant. @returns how many there were. */
  revokeGrants(): number;
  /** Publishes a gap or overflow event on the channels of an object. @throws {RangeError} for a type that is none. */
  publishGap(gap: GapWish): void;
  /** Forgets the sessions of all subscribers: each must shake hands anew. @returns how many there were. */
  endStreams(): number;
  /** Answers the connects that wait for an event, without one. */
  wakeStreams(): void;
  /** Sends an outbound message for each record of an object that is made or changed from now on. @throws {RangeError} */
  addOutboundMessage(wish: OutboundWish): OutboundDescription;
  /** What sends outbound messages, and what waits to be acknowledged. */
  outboundMessages(): OutboundDescription[];
  /** Sends the outbound messages that are due by the clock; `all` sends those that wait for a later try, too. */
  flushOutboundMessages(all?: boolean): Promise<void>;
}

const defaultClient = {
  id: "3MVG9IsthmusSandbox0Salesforce.ConsumerKey0ForLocalUseOnly",
  secret: "5A6E10CA1D15C0DE5A6E10CA1D15C0DE5A6E10CA1D15C0DE5A6E10CA1D15C0DE",
  name: "Local client",
};

/** Bytes of a request body. */
const bodyLimit = 6 * 1024 * 1024;

/**
 * Starts a local Salesforce: OAuth 2.0, the REST data API with SOQL, and faults on demand.
 *
 * Everything is in memory and bounded. Not for production: its client secret is public.
 *
 * @throws {Error} when the port is taken, or an option is wrong.
 */
export async function startSalesforceSandbox(options: SalesforceSandboxOptions = {}): Promise<SalesforceSandbox> {
  const clock = options.clock ?? Date.now;
  const rateLimit = requestLimitExceeded();
  const server = await createSandboxServer({
    clock,
    bodyLimit,
    rateLimitAnswer: { status: rateLimit.status, body: rateLimit.toBody() },
  });
  let url = "";
  const { state, persistence } = createState(options, clock, {
    baseUrl: () => options.publicUrl ?? url,
    closing: server.closing,
  });
  const initialSettings = { ...state.settings };
  const reset = (): void => {
    Object.assign(state.settings, initialSettings);
    resetState(state, server, options.seed ?? true);
  };
  if (!persistence.restore()) seedQuietly(state, options.seed ?? true);
  server.app.addHook("onSend", async () => persistence.flushGrants());
  server.app.addHook("onClose", async () => persistence.close());
  const controls = {
    vendor: "salesforce",
    settings: () => ({ ...state.settings }),
    changeSettings: (changes: Record<string, unknown>) => changeSettings(state.settings, changes),
    reset,
    expireAccessTokens: () => wakeAfter(state, state.grants.expireAccessTokens()),
    revokeGrants: () => wakeAfter(state, state.grants.revokeAll()),
  };
  addControlRoutes(server, controls);
  addOAuthRoutes(server.app, state);
  addDataApi(server.app, state);
  addSoapApi(server.app, state);
  state.openRequests.watch(server.app.server);
  addCometdRoutes(server.app, state, server.closing);
  addStreamingControls(server.app, state);
  addOutboundControls(server.app, state);
  url = await server.app.listen({ host: options.host ?? "127.0.0.1", port: options.port ?? 0 });
  return {
    url: state.baseUrl(),
    port: Number(new URL(url).port),
    client: { id: state.client.id, secret: state.client.secret },
    username: administratorUsername,
    close: () => closeSandboxServer(server),
    reset,
    configure: (changes) => changeSettings(state.settings, { ...changes }),
    addFault: (rule) => server.faults.add(rule),
    faults: () => server.faults.list(),
    clearFaults: () => server.faults.clear(),
    requests: (filter) => server.log.list(filter),
    clearRequests: () => server.log.clear(),
    expireAccessTokens: controls.expireAccessTokens,
    revokeGrants: controls.revokeGrants,
    publishGap: (gap) => publishGap(state, gap),
    endStreams: () => state.streaming.sessions.clear(),
    wakeStreams: () => state.streaming.sessions.wakeAll(),
    addOutboundMessage: (wish) => addOutboundAction(state, wish),
    outboundMessages: () => listOutboundActions(state),
    flushOutboundMessages: (all) => state.outbound.flush(all),
  };
}

function createState(
  options: SalesforceSandboxOptions,
  clock: Clock,
  { baseUrl, closing }: { baseUrl: () => string; closing: AbortSignal },
): { state: SalesforceState; persistence: Persistence } {
  const settings = { ...defaultSettings };
  const names = Object.keys(defaultSettings).filter(isSettingName);
  changeSettings(settings, Object.fromEntries(names.map((name) => [name, options[name]])));
  const random = options.random ?? randomBytes;
  let persistence: Persistence = noPersistence;
  const store = new RecordStore(clock, () => persistence.recordsChanged());
  const onChange = (): void => persistence.grantsChanged();
  const grants = new GrantStore({ clock, random, policy: grantPolicy(settings), formatToken, onChange });
  const blobs = new BlobStore(
    () => settings.fileStorageMb * 1024 * 1024,
    (key) => holdsBlob(store, key),
  );
  if (options.dataFile !== undefined) {
    persistence = createPersistence(options.dataFile, { grants, records: store }, options.log ?? (() => undefined));
  }
  const state = {
    clock,
    random,
    settings,
    client: createClient(options.client),
    grants,
    store,
    records: createRecords(store, blobs, clock),
    blobs,
    cursors: new QueryCursors(),
    bulk: new BulkJobs(clock),
    streaming: createStreaming({ clock, random, settings, store }),
    outbound: new OutboundQueue({ clock, instanceUrl: baseUrl, gatherMs: () => settings.outboundGatherMs, closing }),
    apiUsage: { used: 0 },
    openRequests: new OpenRequests(clock),
    baseUrl,
  };
  store.onRecordsChanged((changes) => state.outbound.tell(changes));
  return { state, persistence };
}

function createRecords(store: RecordStore, blobs: BlobStore, clock: Clock): RecordService {
  const fillIns = [createFillIn(clock), createFileFillIn(store, blobs)];
  const afterCreate: AfterCreate = (object, row, userId) => publishVersion(store, object, row, userId);
  const fillIn: FillIn = (...change) => Object.assign({}, ...fillIns.map((fill) => fill(...change)));
  return new RecordService({ store, blobs, fillIn, afterCreate });
}

function createClient(given: SalesforceSandboxOptions["client"] = {}): SandboxClient {
  return {
    id: given.id ?? defaultClient.id,
    secret: given.secret ?? defaultClient.secret,
    name: given.name ?? defaultClient.name,
    redirectUris: given.redirectUris ?? null,
    jwtPublicKey: given.jwtPublicKey === undefined ? null : createPublicKey(given.jwtPublicKey),
  };
}

/** A subscriber whose token is no longer good hears of it at once. */
function wakeAfter(state: SalesforceState, count: number): number {
  state.streaming.sessions.wakeAll();
  return count;
}

function resetState(state: SalesforceState, server: SandboxServer, seed: boolean): void {
  state.grants.clear();
  state.store.clear();
  state.blobs.clear();
  state.cursors.clear();
  state.bulk.clear();
  state.streaming.clear();
  state.outbound.clear();
  state.apiUsage.used = 0;
  server.faults.clear();
  server.log.clear();
  seedQuietly(state, seed);
}

/** The first day's records are nobody's change. */
function seedQuietly(state: SalesforceState, everything: boolean): void {
  state.streaming.quietly(() => seedRecords(state.store, state.clock, everything));
}

/** The store's policy under Salesforce's names, read afresh each time. */
function grantPolicy(settings: SalesforceSettings): GrantPolicy {
  return {
    get accessTokenLifetimeMs() {
      return settings.accessTokenLifetimeMs;
    },
    get codeLifetimeMs() {
      return settings.authorizationCodeLifetimeMs;
    },
    get rotateRefreshTokens() {
      return settings.rotateRefreshTokens;
    },
    get grantsPerUser() {
      return settings.grantsPerUser;
    },
  };
}

// The shapes of the real ones: an access token starts with the organisation's id, a code ends with padding, and both
// carry characters that a client must encode.
function formatToken(kind: "access" | "refresh" | "code", random: string): string {
  if (kind === "access") return `${organizationId.slice(0, 15)}!AQ${random.replaceAll("-", ".")}`;
  if (kind === "refresh") return `5Aep861${random.replaceAll("-", ".")}`;
  return `aPrx${random.replaceAll("-", ".").slice(0, 60)}==`;
}

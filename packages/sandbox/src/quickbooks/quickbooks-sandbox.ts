import { randomBytes } from "node:crypto";
import type { Clock, RandomBytes } from "../shared/clock.js";
import { addControlRoutes } from "../shared/control-routes.js";
import type { Fault, FaultRule } from "../shared/faults.js";
import { GrantStore } from "../shared/grant-store.js";
import { createPersistence, noPersistence, type Persistence } from "../shared/persistence.js";
import type { LoggedRequest, RequestFilter } from "../shared/request-log.js";
import { closeSandboxServer, createSandboxServer } from "../shared/sandbox-server.js";
import { type CompanyDescription, createCompany, persistCompanies } from "./companies.js";
import type { ChangeListener, QuickbooksRecords } from "./data/records.js";
import { addDataApi } from "./data-api.js";
import { addAttachmentDownload } from "./files/download-route.js";
import { throttleExceeded } from "./gateway-fault.js";
import { IdTokenSigner } from "./oauth/id-token.js";
import { addOAuthRoutes } from "./oauth/oauth-routes.js";
import { formatToken, grantPolicy } from "./oauth/token-shapes.js";
import { PaymentStore } from "./payments/payment-store.js";
import { seedCompany } from "./seed/seed-company.js";
import { seedCustomers } from "./seed/seed-customers.js";
import { changeSettings, defaultSettings, isSettingName, type QuickbooksSettings } from "./settings.js";
import type { QuickbooksState, SandboxClient } from "./state.js";
import { Throttle } from "./throttle.js";
import { type WebhookOptions, WebhookSender } from "./webhooks/webhook-sender.js";

/** How to start a QuickBooks sandbox; every part may be left out. */
export interface QuickbooksSandboxOptions extends Partial<QuickbooksSettings> {
  /** Default 0: any free port. */
  port?: number;
  /** Default 127.0.0.1, so that only this machine can reach it. */
  host?: string;
  /** The base URL that goes into the addresses it gives out. Default: the address it listens at. */
  publicUrl?: string;
  /** The time, in milliseconds since 1970. Default: the machine's. */
  clock?: Clock;
  /** Source of tokens and codes. Default: the machine's. */
  random?: RandomBytes;
  /** The companies; the first is the one that `skipConsent` connects. Default: two, of which only the first has business. */
  companies?: readonly CompanyDescription[];
  /** A file that keeps grants and, beside it, records across restarts (mode 0600). Default: nothing is kept. */
  dataFile?: string;
  /** Told in a sentence when something goes wrong that no caller sees. Default: nobody is told. */
  log?: (message: string) => void;
  /** Where every change of a record is told. Default: nowhere. */
  webhooks?: WebhookOptions;
  /** The app. Default: a fixed id and secret, and any https or local redirect URI. */
  client?: { id?: string; secret?: string; name?: string; redirectUris?: string[] };
}

/** A running QuickBooks sandbox. */
export interface QuickbooksSandbox {
  /** Base URL of everything: the authorize page, the token endpoint and the API. */
  url: string;
  /** The port it listens at, also when 0 was asked for. */
  port: number;
  /** The credentials of the app. */
  client: { id: string; secret: string };
  /** The realm of the first company: the one that `skipConsent` connects. */
  realmId: string;
  /** The realms of all companies. */
  realmIds: readonly string[];
  /** The records of a company. @throws {Error} when there is no such company. */
  records(realmId: string): QuickbooksRecords;
  /** Calls `listener` after every change in any company. @returns how to stop. */
  onChange(listener: ChangeListener): () => void;
  /** Sends the webhooks that wait. Resolves when all were taken or given up; at once where there are none. */
  flushWebhooks(): Promise<void>;
  /** Stops it: requests that are being answered get three seconds to finish. */
  close(): Promise<void>;
  /** Back to the first day: records, grants, faults, request log, counts, settings. */
  reset(): void;
  /** Changes settings while running. */
  configure(changes: Partial<QuickbooksSettings>): void;
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
  /** Ends every connection. @returns how many there were. */
  revokeGrants(): number;
}

const defaultClient = {
  id: "ABsandboxQuickBooksClientIdForLocalUseOnly0000000",
  secret: "sandboxQuickBooksClientSecretNotSecret00",
  name: "Local client",
};

const defaultCompanies: readonly CompanyDescription[] = [
  { realmId: "4620816365000000010", name: "Fjordline Garden Design" },
  { realmId: "4620816365000000020", name: "Fjordline Holdings", seed: false },
];

/** Bytes of a request body: an attachment may have 100 MB at Intuit, a little less here. */
const bodyLimit = 20 * 1024 * 1024;

/**
 * Starts a local QuickBooks Online: OAuth 2.0, the accounting API with queries, and faults on demand.
 *
 * Everything is in memory and bounded. Not for production: its client secret is public.
 *
 * @throws {Error} when the port is taken, or an option is wrong.
 */
export async function startQuickbooksSandbox(options: QuickbooksSandboxOptions = {}): Promise<QuickbooksSandbox> {
  const clock = options.clock ?? Date.now;
  const random = options.random ?? randomBytes;
  const server = await createSandboxServer({
    clock,
    bodyLimit,
    rateLimitAnswer: { status: 429, body: throttleExceeded().toBody(clock()) },
    everyResponse: () => ({ intuit_tid: transactionId(random) }),
  });
  let url = "";
  const descriptions = options.companies ?? defaultCompanies;
  const baseUrl = (): string => options.publicUrl ?? url;
  const { state, persistence } = createState(options, clock, random, descriptions, {
    baseUrl,
    closing: server.closing,
  });
  const [first] = state.companies.values();
  if (first === undefined) throw new Error("A QuickBooks sandbox needs at least one company.");
  const initialSettings = { ...state.settings };
  const seed = (): void => {
    for (const { realmId, seed: withBusiness = true, customers = 0 } of descriptions) {
      const company = state.companies.get(realmId);
      // A company that came back from the data file has its information already.
      if (company?.records.count("CompanyInfo") !== 0) continue;
      seedCompany(company, clock, withBusiness);
      seedCustomers(company, customers, clock());
    }
  };
  persistence.restore();
  seed();
  const sender = options.webhooks && new WebhookSender(options.webhooks, random, options.log ?? (() => undefined));
  if (sender !== undefined) {
    for (const { records } of state.companies.values()) records.onChange((change) => sender.tell(change));
    server.app.addHook("onClose", () => sender.close());
  }
  const controls = {
    vendor: "quickbooks",
    settings: () => ({ ...state.settings }),
    changeSettings: (changes: Record<string, unknown>) => changeSettings(state.settings, changes),
    reset: () => {
      Object.assign(state.settings, initialSettings);
      resetState(state);
      server.faults.clear();
      server.log.clear();
      seed();
      // The first day's records are nobody's change.
      sender?.clear();
    },
    expireAccessTokens: () => state.grants.expireAccessTokens(),
    revokeGrants: () => state.grants.revokeAll(),
  };
  server.app.addHook("onSend", async () => persistence.flushGrants());
  server.app.addHook("onClose", async () => persistence.close());
  addControlRoutes(server, controls);
  addOAuthRoutes(server.app, state);
  addAttachmentDownload(server.app, state);
  addDataApi(server.app, state);
  url = await server.app.listen({ host: options.host ?? "127.0.0.1", port: options.port ?? 0 });
  return {
    url: state.baseUrl(),
    port: Number(new URL(url).port),
    client: { id: state.client.id, secret: state.client.secret },
    realmId: first.realmId,
    realmIds: [...state.companies.keys()],
    records: (realmId) => {
      const company = state.companies.get(realmId);
      if (company === undefined) throw new Error(`There is no company ${realmId}.`);
      return company.records;
    },
    onChange: (listener) => {
      const stops = [...state.companies.values()].map(({ records }) => records.onChange(listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
    flushWebhooks: () => sender?.flush() ?? Promise.resolve(),
    close: () => closeSandboxServer(server),
    reset: controls.reset,
    configure: (changes) => changeSettings(state.settings, { ...changes }),
    addFault: (rule) => server.faults.add(rule),
    faults: () => server.faults.list(),
    clearFaults: () => server.faults.clear(),
    requests: (filter) => server.log.list(filter),
    clearRequests: () => server.log.clear(),
    expireAccessTokens: controls.expireAccessTokens,
    revokeGrants: controls.revokeGrants,
  };
}

function createState(
  options: QuickbooksSandboxOptions,
  clock: Clock,
  random: RandomBytes,
  descriptions: readonly CompanyDescription[],
  surroundings: Pick<QuickbooksState, "baseUrl" | "closing">,
): { state: QuickbooksState; persistence: Persistence } {
  const settings = { ...defaultSettings };
  const names = Object.keys(defaultSettings).filter(isSettingName);
  changeSettings(settings, Object.fromEntries(names.map((name) => [name, options[name]])));
  let persistence: Persistence = noPersistence;
  const companies = new Map(
    descriptions.map((description) => [
      description.realmId,
      createCompany(description, clock, () => persistence.recordsChanged()),
    ]),
  );
  const onChange = (): void => persistence.grantsChanged();
  const grants = new GrantStore({ clock, random, policy: grantPolicy(settings), formatToken, onChange });
  if (options.dataFile !== undefined) {
    const stores = { grants, records: persistCompanies(companies) };
    persistence = createPersistence(options.dataFile, stores, options.log ?? (() => undefined));
  }
  const client = createClient(options.client);
  const throttle = new Throttle(clock, settings);
  const idTokens = new IdTokenSigner();
  return {
    state: {
      clock,
      random,
      settings,
      client,
      grants,
      companies,
      throttle,
      payments: new PaymentStore(),
      idTokens,
      ...surroundings,
    },
    persistence,
  };
}

function createClient(given: QuickbooksSandboxOptions["client"] = {}): SandboxClient {
  return {
    id: given.id ?? defaultClient.id,
    secret: given.secret ?? defaultClient.secret,
    name: given.name ?? defaultClient.name,
    redirectUris: given.redirectUris ?? null,
  };
}

function resetState(state: QuickbooksState): void {
  state.grants.clear();
  state.throttle.clear();
  state.payments.clear();
  for (const company of state.companies.values()) {
    company.records.clear();
    company.files.clear();
    company.replays.clear();
  }
}

/** Names a response in Intuit's logs, in the shape of a trace id. */
function transactionId(random: RandomBytes): string {
  return `1-${Buffer.from(random(4)).toString("hex")}-${Buffer.from(random(12)).toString("hex")}`;
}

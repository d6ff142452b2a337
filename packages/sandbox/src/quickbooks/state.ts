import type { BoundedMap } from "../shared/bounded-map.js";
import type { Clock, RandomBytes } from "../shared/clock.js";
import type { GrantStore } from "../shared/grant-store.js";
import type { CompanyRecords } from "./data/company-records.js";
import type { RecordService } from "./data/record-service.js";
import type { JsonObject } from "./data/records.js";
import type { FileStore } from "./files/file-store.js";
import type { IdTokenSigner } from "./oauth/id-token.js";
import type { PaymentStore } from "./payments/payment-store.js";
import type { QuickbooksSettings } from "./settings.js";
import type { Throttle } from "./throttle.js";

/** The one app that this sandbox knows. */
export interface SandboxClient {
  id: string;
  secret: string;
  /** Shown on the authorize page. */
  name: string;
  /** Exact redirect URIs. `null`: any https URI, and any http URI on this machine. */
  redirectUris: string[] | null;
}

/** An answer that a `requestid` brings back. */
export interface StoredAnswer {
  status: number;
  body: JsonObject;
}

/** One QuickBooks company. */
export interface Company {
  realmId: string;
  name: string;
  records: CompanyRecords;
  service: RecordService;
  files: FileStore;
  /** First answers by `requestid`. */
  replays: BoundedMap<string, StoredAnswer>;
}

/** What the routes of one running QuickBooks sandbox share. */
export interface QuickbooksState {
  clock: Clock;
  random: RandomBytes;
  settings: QuickbooksSettings;
  client: SandboxClient;
  grants: GrantStore;
  /** By realm id, in the order in which the authorize page offers them. */
  companies: ReadonlyMap<string, Company>;
  throttle: Throttle;
  payments: PaymentStore;
  idTokens: IdTokenSigner;
  /** Aborted when the sandbox begins to close. */
  closing: AbortSignal;
  /** The base URL, known when the server listens. */
  baseUrl: () => string;
}

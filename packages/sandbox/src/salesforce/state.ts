import type { KeyObject } from "node:crypto";
import type { Clock, RandomBytes } from "../shared/clock.js";
import type { GrantStore } from "../shared/grant-store.js";
import type { BlobStore } from "./blobs/blob-store.js";
import type { BulkJobs } from "./bulk/job-store.js";
import type { RecordService } from "./data/record-service.js";
import type { RecordStore } from "./data/record-store.js";
import type { OpenRequests } from "./limits/open-requests.js";
import type { OutboundQueue } from "./outbound/outbound-queue.js";
import type { SalesforceSettings } from "./settings.js";
import type { QueryCursors } from "./soql/query-cursors.js";
import type { Streaming } from "./streaming/streaming.js";

/** The one connected app (external client app) that this sandbox knows. */
export interface SandboxClient {
  /** The consumer key. */
  id: string;
  /** The consumer secret. */
  secret: string;
  /** Shown on the authorize page. */
  name: string;
  /** Exact redirect URIs. `null`: any https URI, and any http URI on this machine. */
  redirectUris: string[] | null;
  /** The certificate's public key for the JWT bearer flow; `null` switches that flow off. */
  jwtPublicKey: KeyObject | null;
}

/** What the routes of one running Salesforce sandbox share. */
export interface SalesforceState {
  clock: Clock;
  random: RandomBytes;
  settings: SalesforceSettings;
  client: SandboxClient;
  grants: GrantStore;
  store: RecordStore;
  records: RecordService;
  /** The bytes of files. */
  blobs: BlobStore;
  cursors: QueryCursors;
  bulk: BulkJobs;
  streaming: Streaming;
  outbound: OutboundQueue;
  apiUsage: ApiUsage;
  openRequests: OpenRequests;
  /** The base URL, known when the server listens. */
  baseUrl: () => string;
}

/** How many data API calls were made. */
export interface ApiUsage {
  used: number;
}

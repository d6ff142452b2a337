import { type Clock, ConnectorFactory, type KeyProvider, type Logger, silentLogger } from "@isthmus/core";
import { createServices } from "../../src/create-services.js";
import type { Database } from "../../src/database/index.js";
import type { Services } from "../../src/services.js";
import { ledger } from "./ledger-connector.js";

/** What the services are made of. */
export interface LedgerServicesOptions {
  readonly database: Database;
  readonly keyProvider: KeyProvider;
  /** Host and port of the vendor. */
  readonly vendorHost: string;
  readonly journalFolder: string;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
}

/** The services of a process, without its HTTP side, with the ledger as the only connector. */
export function createLedgerServices({ vendorHost, logger = silentLogger, ...parts }: LedgerServicesOptions): Services {
  const { signal } = new AbortController();
  return createServices({
    ...parts,
    logger,
    connectors: new ConnectorFactory([ledger]),
    stopping: signal,
    ending: signal,
    settings: {
      publicUrl: () => "http://127.0.0.1",
      returnToOrigins: [],
      allowedPrivateHosts: [vendorHost],
      platformKey: undefined,
    },
  });
}

import { ConnectorFactory, LocalKeyring, silentLogger } from "@isthmus/core";
import { salesforce } from "@isthmus/salesforce";
import { createServices } from "../../../apps/api/dist/create-services.js";
import { openDatabase } from "../../../apps/api/dist/database/index.js";
import type { Services } from "../../../apps/api/dist/services.js";

/** What the processes of one measurement share. */
export interface BenchTask {
  readonly databaseUrl: string;
  readonly keys: string;
  readonly vendor: string;
  readonly journalFolder: string;
}

/** The service's parts without its HTTP side, as the built service puts them together. */
export async function openServices({ databaseUrl, keys, vendor, journalFolder }: BenchTask): Promise<Services> {
  const signal = new AbortController().signal;
  return createServices({
    database: await openDatabase({ url: databaseUrl, logger: silentLogger }),
    connectors: new ConnectorFactory([salesforce]),
    keyProvider: LocalKeyring.parse(keys),
    journalFolder,
    logger: silentLogger,
    stopping: signal,
    ending: signal,
    settings: {
      publicUrl: () => "http://127.0.0.1",
      returnToOrigins: [],
      allowedPrivateHosts: [new URL(vendor).host],
      platformKey: undefined,
    },
  });
}

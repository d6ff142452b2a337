import { BoundedMap } from "../shared/bounded-map.js";
import type { Clock } from "../shared/clock.js";
import type { PersistedRecords } from "../shared/persistence.js";
import { CompanyRecords } from "./data/company-records.js";
import { isJsonObject } from "./data/json.js";
import { RecordService } from "./data/record-service.js";
import { FileStore } from "./files/file-store.js";
import type { Company, StoredAnswer } from "./state.js";

/** One company to play. */
export interface CompanyDescription {
  /** Digits only, as Intuit's are. */
  realmId: string;
  name: string;
  /** Whether it starts with people, items and transactions. Default true. */
  seed?: boolean;
  /** Customers that it has besides, told apart by their numbers, for tries with many records. Default 0. */
  customers?: number;
}

/** First answers remembered for their `requestid`, a company. */
const maximumReplays = 10_000;

/** Makes a company without records. */
export function createCompany({ realmId, name }: CompanyDescription, clock: Clock, whenChanged: () => void): Company {
  const records = new CompanyRecords(realmId, clock, whenChanged);
  return {
    realmId,
    name,
    records,
    service: new RecordService(records, clock),
    files: new FileStore(),
    replays: new BoundedMap<string, StoredAnswer>(maximumReplays),
  };
}

/** All companies as one piece of plain data: records, files and the answers that a repeated `requestid` gets. */
export function persistCompanies(companies: ReadonlyMap<string, Company>): PersistedRecords {
  return {
    snapshot: () =>
      Object.fromEntries(
        [...companies].map(([realmId, { records, files, replays }]) => [
          realmId,
          { records: records.snapshot(), files: files.snapshot(), replays: [...replays.entries()].slice(-1_000) },
        ]),
      ),
    restore: (saved) => {
      if (!isJsonObject(saved)) return false;
      const restored = [...companies].map(([realmId, company]) => restoreCompany(company, saved[realmId]));
      return restored.every(Boolean);
    },
  };
}

function restoreCompany(company: Company, saved: unknown): boolean {
  if (!isJsonObject(saved) || !company.records.restore(saved.records)) return false;
  company.files.restore(saved.files);
  for (const entry of Array.isArray(saved.replays) ? saved.replays : []) {
    const [requestId, answer] = Array.isArray(entry) ? entry : [];
    if (typeof requestId !== "string" || !isJsonObject(answer) || !isJsonObject(answer.body)) continue;
    company.replays.set(requestId, { status: Number(answer.status), body: answer.body });
  }
  return true;
}

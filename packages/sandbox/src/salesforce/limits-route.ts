import type { RestTable } from "./rest/rest-table.js";
import type { SalesforceState } from "./state.js";

/** Adds `/limits`. Only the request count moves; the others stand at what an organisation of this size has. */
export function addLimitsRoute(table: RestTable, state: SalesforceState): void {
  table.add("GET", "/limits", () => {
    const max = state.settings.dailyApiRequests;
    return {
      status: 200,
      body: {
        DailyApiRequests: { Max: max, Remaining: Math.max(0, max - state.apiUsage.used) },
        DailyBulkApiBatches: { Max: 15_000, Remaining: 15_000 },
        DailyBulkV2QueryJobs: { Max: 10_000, Remaining: 10_000 },
        DailyAsyncApexExecutions: { Max: 250_000, Remaining: 250_000 },
        DataStorageMB: { Max: 10_240, Remaining: 10_226 },
        FileStorageMB: { Max: 10_240, Remaining: 10_240 },
        HourlyODataCallout: { Max: 20_000, Remaining: 20_000 },
        SingleEmail: { Max: 5_000, Remaining: 5_000 },
      },
    };
  });
}

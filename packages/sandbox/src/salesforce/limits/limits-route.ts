import type { RestTable } from "../rest/rest-table.js";
import type { SalesforceState } from "../state.js";

/** What an organisation of this size has of everything that does not move here. */
const standing: Readonly<Record<string, number>> = {
  ActiveScratchOrgs: 40,
  AnalyticsExternalDataSizeMB: 40_960,
  ConcurrentAsyncGetReportInstances: 200,
  ConcurrentEinsteinDataInsightsStoryCreation: 5,
  ConcurrentEinsteinDiscoveryStoryCreation: 2,
  ConcurrentSyncReportRuns: 20,
  DailyAnalyticsDataflowJobExecutions: 60,
  DailyAnalyticsUploadedFilesSizeMB: 51_200,
  DailyAsyncApexExecutions: 250_000,
  DailyAsyncApexTests: 500,
  DailyBulkApiBatches: 15_000,
  DailyBulkV2QueryFileStorageMB: 976_562,
  DailyBulkV2QueryJobs: 10_000,
  DailyDeliveredPlatformEvents: 10_000,
  DailyDurableGenericStreamingApiEvents: 1_000_000,
  DailyDurableStreamingApiEvents: 1_000_000,
  DailyEinsteinDataInsightsStoryCreation: 1_000,
  DailyEinsteinDiscoveryPredictAPICalls: 50_000,
  DailyEinsteinDiscoveryStoryCreation: 100,
  DailyFunctionsApiCallLimit: 235_000,
  DailyGenericStreamingApiEvents: 1_000_000,
  DailyScratchOrgs: 80,
  DailyStandardVolumePlatformEvents: 25_000,
  DailyStreamingApiEvents: 1_000_000,
  DailyWorkflowEmails: 100_000,
  DataStorageMB: 10_240,
  DurableStreamingApiConcurrentClients: 1_000,
  HourlyAsyncReportRuns: 1_200,
  HourlyDashboardRefreshes: 200,
  HourlyDashboardResults: 5_000,
  HourlyDashboardStatuses: 999_999_999,
  HourlyLongTermIdMapping: 100_000,
  HourlyManagedContentPublicRequests: 50_000,
  HourlyODataCallout: 20_000,
  HourlyPublishedPlatformEvents: 250_000,
  HourlyPublishedStandardVolumePlatformEvents: 1_000,
  HourlyShortTermIdMapping: 100_000,
  HourlySyncReportRuns: 500,
  HourlyTimeBasedWorkflow: 1_000,
  MassEmail: 5_000,
  MonthlyEinsteinDiscoveryStoryCreation: 500,
  Package2VersionCreates: 6,
  Package2VersionCreatesWithoutValidation: 500,
  PrivateConnectOutboundCalloutHourlyLimitMB: 0,
  PublishCallbackUsageInApex: 5_242_880,
  SingleEmail: 5_000,
  StreamingApiConcurrentClients: 1_000,
};

/**
 * Adds `/limits`. Requests, bulk batches, bulk queries and the file storage are counted; the others stand.
 *
 * @see https://developer.salesforce.com/docs/platform/api-rest/guide/resources-limits.html
 */
export function addLimitsRoute(table: RestTable, state: SalesforceState): void {
  table.add("GET", "/limits", () => {
    const max = state.settings.dailyApiRequests;
    const limits = Object.entries(standing).map(([name, Max]): [string, Limit] => [name, { Max, Remaining: Max }]);
    const bulk = state.bulk.usedToday();
    const moving = {
      DailyApiRequests: remaining(max, state.apiUsage.used),
      DailyBulkApiBatches: remaining(standing.DailyBulkApiBatches ?? 0, bulk.batches),
      DailyBulkV2QueryJobs: remaining(standing.DailyBulkV2QueryJobs ?? 0, bulk.queryJobs),
    };
    const usedMb = Math.ceil(state.blobs.size / 1024 / 1024);
    const storage = { Max: state.settings.fileStorageMb, Remaining: state.settings.fileStorageMb - usedMb };
    const permissionSets = { Max: 1_500, Remaining: 1_500, CreateCustom: { Max: 1_000, Remaining: 1_000 } };
    return {
      status: 200,
      body: { ...Object.fromEntries(limits), ...moving, FileStorageMB: storage, PermissionSets: permissionSets },
    };
  });
}

function remaining(max: number, used: number): Limit {
  return { Max: max, Remaining: Math.max(0, max - used) };
}

interface Limit {
  Max: number;
  Remaining: number;
}

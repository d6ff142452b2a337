/** How Bulk API 2.0 behaves. Jobs go on when they are asked about, so that no test has to wait. */
export interface BulkSettings {
  /** How often a job answers that it is not finished yet before it is. Default 1. */
  bulkPollsUntilComplete: number;
  /** Milliseconds by the clock before which no job is finished. Default 0. */
  bulkProcessingMs: number;
  /** Rows after which a job that writes fails, as by an error of the server; 0: none does. Default 0. */
  bulkFailAfterRows: number;
  /** Records of a result page where the caller names no `maxRecords`. Default 100 000. */
  bulkPageSize: number;
  /** Jobs of one page of a list of jobs. Default 1 000. */
  bulkJobsPerList: number;
  /** Bytes of one upload; the default is 150 MB once it is base64 (about 112 MB of text). */
  bulkUploadBytes: number;
  /** Rows that a bulk query of `Measurement__c` finds; they are made on the way and held nowhere. Default 0. */
  measurements: number;
}

/** The settings that nobody has changed. */
export const defaultBulkSettings: Readonly<BulkSettings> = {
  bulkPollsUntilComplete: 1,
  bulkProcessingMs: 0,
  bulkFailAfterRows: 0,
  bulkPageSize: 100_000,
  bulkJobsPerList: 1_000,
  bulkUploadBytes: (150 * 1024 * 1024 * 3) / 4,
  measurements: 0,
};

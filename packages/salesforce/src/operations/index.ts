import type { Operation } from "@isthmus/core";
import type { SalesforceConnector } from "../salesforce-connector.js";
import { readBlob, uploadBlob } from "./blobs.js";
import { ingestCsv, ingestRecords, runBulkQuery } from "./bulk.js";
import { abortBulkJob, readIngestResults, readQueryCsv, readQueryResults } from "./bulk-results.js";
import { readObjectChanges } from "./changes.js";
import {
  createCollection,
  deleteCollection,
  retrieveCollection,
  updateCollection,
  upsertCollection,
} from "./collections.js";
import { createTree, sendBatch, sendComposite, sendGraphs } from "./composite.js";
import { subscribeToEvents } from "./events.js";
import { readIdentity } from "./identity.js";
import { describeObject, readLimits } from "./metadata.js";
import { runQuery, runSearch } from "./query.js";
import { createRecord, deleteRecord, retrieveRecord, undeleteRecord, updateRecord, upsertRecord } from "./records.js";

/** Everything that the HTTP API offers for a Salesforce connector. */
export const operations: readonly Operation<SalesforceConnector>[] = [
  createRecord,
  retrieveRecord,
  updateRecord,
  upsertRecord,
  deleteRecord,
  undeleteRecord,
  createCollection,
  updateCollection,
  upsertCollection,
  deleteCollection,
  retrieveCollection,
  sendComposite,
  sendBatch,
  sendGraphs,
  createTree,
  runQuery,
  runSearch,
  readBlob,
  uploadBlob,
  readObjectChanges,
  subscribeToEvents,
  ingestCsv,
  ingestRecords,
  readIngestResults,
  runBulkQuery,
  readQueryResults,
  readQueryCsv,
  abortBulkJob,
  describeObject,
  readLimits,
  readIdentity,
];

import type { Operation } from "@isthmus/core";
import type { QuickbooksConnector } from "../quickbooks-connector.js";
import { runBatch } from "./batch.js";
import { readCompany } from "./company.js";
import { downloadAttachment, emailDocument, printDocument, uploadAttachment } from "./documents.js";
import { paymentOperations } from "./payments.js";
import { countRecords, runQuery } from "./query.js";
import { createRecord, deleteRecord, retrieveRecord, updateRecord, voidRecord } from "./records.js";
import { reportOperations } from "./reports.js";

/** Everything that the HTTP API offers for a QuickBooks connector. */
export const operations: readonly Operation<QuickbooksConnector>[] = [
  createRecord,
  retrieveRecord,
  updateRecord,
  deleteRecord,
  voidRecord,
  runQuery,
  countRecords,
  runBatch,
  ...reportOperations,
  emailDocument,
  printDocument,
  uploadAttachment,
  downloadAttachment,
  ...paymentOperations,
  readCompany,
];

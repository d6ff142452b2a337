import type { Operation } from "@isthmus/core";
import type { SapConfiguration } from "../options/configuration.js";
import type { SapConnector } from "../sap-connector.js";
import { readCertificate } from "./certificate.js";
import { readStatus, sendIdocs } from "./idocs.js";
import { runBatch } from "./odata-batch.js";
import { countEntities, queryEntities, retrieveEntity } from "./odata-reading.js";
import { createEntity, deleteEntity, invokeOperation, updateEntity } from "./odata-writing.js";
import { callFunction, describeFunction, proveSessions, readRows } from "./rfc.js";

/** Everything that the HTTP API offers for an SAP connector of this configuration. */
export const listOperations = ({ odata }: SapConfiguration): readonly Operation<SapConnector>[] => [
  queryEntities,
  countEntities,
  retrieveEntity,
  createEntity(odata),
  updateEntity,
  deleteEntity,
  invokeOperation,
  runBatch,
  callFunction,
  describeFunction,
  readRows,
  proveSessions,
  sendIdocs,
  readStatus,
  readCertificate,
];

import type { FastifyInstance } from "fastify";
import { addBatchRoute } from "./batch-route.js";
import { addChangeDataCaptureRoute } from "./cdc-route.js";
import { addDocumentRoutes } from "./document-routes.js";
import { addFileRoutes } from "./files/file-routes.js";
import { addPaymentRoutes } from "./payments/payment-routes.js";
import { addQueryRoutes } from "./query-routes.js";
import { addRecordRoutes } from "./record-routes.js";
import { addReportRoutes } from "./reports/report-routes.js";
import type { QuickbooksState } from "./state.js";

/** Adds some routes. `api` carries the prefix, the token check and the error handler already. */
export type RouteGroup = (api: FastifyInstance, state: QuickbooksState) => void;

/**
 * What stands below `/v3/company/{realmId}`. `request.quickbooksCompany` is the company, and the token is good for it.
 *
 * A path with a fixed first part, such as `/reports/*`, goes before the records' `/:entity`, whatever the order here.
 */
export const companyRouteGroups: readonly RouteGroup[] = [
  addBatchRoute,
  addChangeDataCaptureRoute,
  addQueryRoutes,
  addFileRoutes,
  addReportRoutes,
  addDocumentRoutes,
  addRecordRoutes,
];

/** What stands elsewhere on the host, such as `/quickbooks/v4/payments`; each group checks the token by itself. */
export const hostRouteGroups: readonly RouteGroup[] = [addPaymentRoutes];

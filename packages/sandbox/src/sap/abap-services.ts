import type { SandboxServer } from "../shared/sandbox-server.js";
import { createAbapView } from "./abap/abap-view.js";
import { addIdocRoutes } from "./idoc/idoc-routes.js";
import { IdocStore, type StoredIdoc } from "./idoc/idoc-store.js";
import { idocTables } from "./idoc/idoc-tables.js";
import { idocInboundAsynchronous } from "./idoc/inbound-module.js";
import { type OutboundIdoc, resendIdoc, sendIdoc } from "./idoc/outbound.js";
import type { IdocParts } from "./idoc/parts.js";
import { logonOf } from "./logon/sap-request.js";
import { RfcFaultList } from "./rfc/rfc-faults.js";
import { addRfcRoutes } from "./rfc/rfc-routes.js";
import type { SapState } from "./state.js";

/** Function modules and IDocs, for whoever holds the sandbox. */
export interface AbapServices {
  /** What function modules do instead of their work, in this order. */
  rfcFaults: RfcFaultList;
  /** Every IDoc, in and out, oldest first. */
  idocs(): readonly StoredIdoc[];
  /** Sends one to the configured port. Resolves when the port has answered, or there is none. */
  sendIdoc(idoc: OutboundIdoc): Promise<StoredIdoc>;
  /** Sends one again, under the same number. @throws {RangeError} when there is none. */
  resendIdoc(docnum: string): Promise<StoredIdoc>;
}

/** Adds SOAP RFC and IDocs, on the records that OData shows. The hook of the logon has let every request in. */
export function addAbapServices(server: SandboxServer, state: SapState, baseUrl: () => string): AbapServices {
  const { clock, random, settings, system } = state;
  const idocs = new IdocStore(clock);
  const rfcFaults = new RfcFaultList();
  const parts: IdocParts = {
    clock,
    random,
    settings,
    systemId: system.id,
    client: system.client,
    idocs,
    business: createAbapView(state),
    logon: (request) => {
      const { user, language } = logonOf(request);
      return { name: user, language };
    },
  };
  addIdocRoutes(server.app, parts);
  const sessions = addRfcRoutes(server.app, {
    ...parts,
    settings,
    faults: rfcFaults,
    baseUrl,
    tables: () => idocTables(idocs),
    modules: [idocInboundAsynchronous(parts)],
  });
  state.onReset.add(() => {
    sessions.clear();
    rfcFaults.clear();
    idocs.clear();
  });
  return {
    rfcFaults,
    idocs: () => idocs.list(),
    sendIdoc: (idoc) => sendIdoc(idoc, parts),
    resendIdoc: (docnum) => resendIdoc(docnum, parts),
  };
}

import { abapDate, abapTime } from "../business-data.js";
import { toControlRecord } from "./control-record.js";
import { type IdocSegment, writeIdoc } from "./idoc-document.js";
import { type StoredIdoc, statusOf } from "./idoc-store.js";
import { idocTypes } from "./idoc-types.js";
import { type IdocParts, logicalSystem } from "./parts.js";

/** What to send. */
export interface OutboundIdoc {
  /** `ORDERS05`, `MATMAS05` or `DEBMAS07`. */
  type: string;
  /** Its segments, nested. */
  data: readonly IdocSegment[];
}

/** How long a port may take to answer. */
const portTimeoutMs = 30_000;

/**
 * Makes an IDoc and posts it to the HTTP port. Its last status is 03 when the port answered 2xx, 02 otherwise.
 *
 * @throws {RangeError} for a type that the system does not know.
 */
export async function sendIdoc({ type, data }: OutboundIdoc, parts: IdocParts): Promise<StoredIdoc> {
  const known = idocTypes.get(type);
  if (known === undefined)
    throw new RangeError(`Unknown IDoc type "${type}". Known: ${[...idocTypes.keys()].join(", ")}.`);
  const own = logicalSystem(parts);
  const now = parts.clock();
  const control = toControlRecord({
    TABNAM: "EDI_DC40",
    DOCREL: "758",
    STATUS: "30",
    OUTMOD: "2",
    IDOCTYP: known.name,
    MESTYP: known.message,
    SNDPOR: `SAP${parts.systemId}`,
    SNDPRT: "LS",
    SNDPRN: own,
    RCVPOR: "ISTHMUS",
    RCVPRT: "LS",
    RCVPRN: parts.settings.idocReceiver,
    CREDAT: abapDate(now),
    CRETIM: abapTime(now),
    SERIAL: `${abapDate(now)}${abapTime(now)}`,
  });
  const stored = parts.idocs.add({ control, segments: data }, "1", parts.client);
  parts.idocs.addStatus(stored.docnum, "01");
  parts.idocs.addStatus(stored.docnum, "30");
  await dispatch(stored, parts);
  return stored;
}

/**
 * Posts an outbound IDoc again, with the same number, as after an answer that was lost.
 *
 * @throws {RangeError} when there is no such outbound IDoc.
 */
export async function resendIdoc(docnum: string, parts: IdocParts): Promise<StoredIdoc> {
  const stored = parts.idocs.find(docnum);
  if (stored?.direction !== "1") throw new RangeError(`There is no outbound IDoc ${docnum}.`);
  await dispatch(stored, parts);
  return stored;
}

/** Whether the port took it. */
export function wasTaken(idoc: StoredIdoc): boolean {
  return statusOf(idoc) === "03";
}

async function dispatch(stored: StoredIdoc, { idocs, settings, systemId }: IdocParts): Promise<void> {
  const { idocPortUrl: url, idocPortAuthorization: authorization } = settings;
  if (url === "") {
    idocs.addStatus(stored.docnum, "02", "Could not find port");
    return;
  }
  try {
    // Plain HTTP has no transaction id: whoever receives tells a repeat by the number alone.
    const response = await fetch(url, {
      method: "POST",
      body: writeIdoc(stored),
      redirect: "manual",
      signal: AbortSignal.timeout(portTimeoutMs),
      headers: {
        "content-type": "text/xml; charset=utf-8",
        "user-agent": "SAP NetWeaver Application Server (1.0;758)",
        "sap-sid": systemId,
        ...(authorization !== "" && { authorization }),
      },
    });
    await response.arrayBuffer();
    if (response.ok) idocs.addStatus(stored.docnum, "03");
    else idocs.addStatus(stored.docnum, "02", `HTTP status ${response.status}`);
  } catch {
    idocs.addStatus(stored.docnum, "02", "Connection to the port failed");
  }
}

import type { IncomingMessage } from "node:http";
import type { Vendor } from "./vendor.js";

/** The version of OData that a service speaks. */
export type ODataVersion = "v2" | "v4";

/** Paths of the recorded service, by the version that it speaks. */
export const serviceRoots: Readonly<Record<ODataVersion, string>> = {
  v2: "/sap/opu/odata/sap/API_BUSINESS_PARTNER/",
  v4: "/sap/opu/odata4/sap/api_business_partner/srvd_a2x/sap/businesspartner/0001/",
};

/** The recorded set, and a key of one of its entities. */
export const entitySet = "A_BusinessPartner";
/** See {@link entitySet}. */
export const partnerId = "1003764";
/** What a create sends. */
export const newPartner = {
  BusinessPartnerCategory: "2",
  BusinessPartnerGrouping: "BP02",
  CorrespondenceLanguage: "DE",
  OrganizationBPName1: "Nordwind Logistik GmbH",
  OrganizationBPName2: "Niederlassung Bremen",
  SearchTerm1: "NORDWIND",
};
/** A system user's. */
export const logon = { username: "BENCH", password: "bench" };

/** Entities of a page. */
export const pageSize = 100;

const sessionCookies = [
  "SAP_SESSIONID_S4H_100=Zc0Yq3nJQm9u2xw4b5v6a7s8d9f0g1h2%3d; path=/; HttpOnly",
  "sap-usercontext=sap-language=EN&sap-client=100; path=/",
];

/** How SAP Gateway answers: a token and a session to whoever asks for them, one recorded entity, and pages made of it. */
export function gatewayAnswers(version: ODataVersion): Omit<Vendor, "clients" | "library"> {
  return {
    // One takes the SDK some 60 ms.
    queries: 100,
    createdStatus: 201,
    isQuery: (url) => /[?&](?:\$|%24)top=/.test(url),
    bodies: (recording) => {
      const text = recording("retrieve.json").toString();
      // As Gateway sends it: without white space.
      const retrieve = Buffer.from(JSON.stringify(JSON.parse(text)));
      return { retrieve, create: retrieve, query: Buffer.from(makePage(version, text, pageSize)) };
    },
    headers: (request) => ({
      "cache-control": "no-store, no-cache",
      dataserviceversion: version === "v2" ? "2.0" : "4.0",
      "sap-processing-info": "ODataBEP=,crp=,RAL=,st=,MedCacheHub=SHM,codeployed=X,softstate=",
      ...(request.headers.cookie === undefined && { "set-cookie": sessionCookies }),
    }),
    answerOther: (request, recording) => {
      if (request.url?.includes("/$metadata")) {
        return { headers: { "content-type": "application/xml" }, body: recording("metadata.xml") };
      }
      return asksForToken(request)
        ? { headers: { "content-type": "application/json", "x-csrf-token": "Kk5vJk3y0iYw5g==" }, body: "" }
        : undefined;
    },
  };
}

/** A page of so many entities as the service sends it, each with a key of its own. `next`: where the next page is. */
export function makePage(version: ODataVersion, retrieved: string, size: number, next?: string): string {
  const rows = Array.from({ length: size }, (_, at) => {
    const copy = JSON.parse(retrieved.replaceAll(partnerId, String(Number(partnerId) + at)));
    if (version === "v2") return copy.d;
    const { "@odata.context": _context, "@odata.metadataEtag": _etag, ...row } = copy;
    return row;
  });
  return version === "v2"
    ? JSON.stringify({ d: { results: rows, __next: next } })
    : JSON.stringify({ "@odata.context": `$metadata#${entitySet}`, value: rows, "@odata.nextLink": next });
}

function asksForToken({ headers }: IncomingMessage): boolean {
  return /^fetch$/i.test(String(headers["x-csrf-token"] ?? ""));
}

import { AuthenticationError, ConnectorError, type TransportResponse, type VendorFault } from "@isthmus/core";

/** What a page for browsers says where an answer for programs belongs. */
export interface HtmlPage {
  /** Of the page, shortened; `undefined` where it has none. Nothing else of a page is told: it may show anything. */
  readonly title: string | undefined;
  /** It is there to log a person on: a form, or the way to an identity provider. */
  readonly isLogon: boolean;
  /** It says that the user is locked. */
  readonly isLocked: boolean;
}

/** How much of a page is looked at, in bytes. */
const lookedAt = 64 * 1024;
const longestTitle = 80;

/** An answer as far as it is looked at, one within a batch too. Without body and text, its headers alone decide. */
export type MaybePage = Pick<TransportResponse, "status" | "headers"> &
  Partial<Pick<TransportResponse, "body" | "text">>;

/** The page, if the answer is one: by what it says of itself, or by how it begins. */
export function readHtmlPage(answer: MaybePage): HtmlPage | undefined {
  const { headers, body } = answer;
  const type = [headers["content-type"]].flat()[0] ?? "";
  const saysSo = /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(type);
  if (!saysSo && /json|xml|multipart/i.test(type)) return undefined;
  const start = body?.subarray(0, lookedAt).toString("utf8") ?? answer.text?.().slice(0, lookedAt) ?? "";
  if (!saysSo && !/^\s*<(!doctype html|html)\b/i.test(start.slice(0, 256))) return undefined;
  return {
    title: readTitle(start),
    isLogon: /\bname=["']?(SAMLRequest|SAMLResponse|sap-user|sap-password|j_username)\b/i.test(start),
    isLocked: /\b(user( account)? is locked|locked by (the |an )?administrator|gesperrt)\b/i.test(start),
  };
}

function readTitle(page: string): string | undefined {
  const words = /<title[^>]{0,200}>([^<]{1,500})</i
    .exec(page)?.[1]
    ?.replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return words ? words.slice(0, longestTitle) : undefined;
}

/**
 * What a page means where an answer belongs. One with status 200 is the most treacherous failure of all: it looks like success.
 *
 * @param what - What was asked for: `A_SalesOrder.query`.
 */
export function pageInstead({ title, isLogon }: HtmlPage, what: string, status: number): ConnectorError {
  const vendor: VendorFault = { status, ...(title !== undefined && { message: title }) };
  const page = `a page for browsers${title === undefined ? "" : `, titled "${title}"`}`;
  if (isLogon) {
    const advice =
      "This address does not take the connector's way of logging on: have it set up for the service (SICF), or take an address without SAML.";
    return new AuthenticationError(`SAP answered ${what} with ${page}, to log a person on. ${advice}`, {
      vendor,
      retryable: false,
    });
  }
  const advice = "Check the logon, the address, and what stands between.";
  return new ConnectorError("UNEXPECTED_RESPONSE", `SAP answered ${what} with ${page}. ${advice}`, { vendor });
}

/** @throws {ConnectorError} {@link pageInstead}, for a page in HTML. */
export function assertNoPage(answer: MaybePage): void {
  const page = readHtmlPage(answer);
  if (page) throw pageInstead(page, "the request", answer.status);
}

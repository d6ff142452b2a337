import type { ResponseHeaders } from "@isthmus/core";

/** What a page for browsers says where an answer for programs belongs. */
export interface HtmlPage {
  /** Of the page, shortened; `undefined` where it has none. */
  readonly title: string | undefined;
  /** It is there to log a person on: a form, or the way to an identity provider. */
  readonly isLogon: boolean;
  /** It says that the user is locked. */
  readonly isLocked: boolean;
}

/** How much of a page is looked at, in bytes. */
const lookedAt = 64 * 1024;

/** The page, if the answer is one. Its text goes nowhere: it may hold names of hosts and users. */
export function readHtmlPage(headers: ResponseHeaders, body: Uint8Array | undefined): HtmlPage | undefined {
  const start = Buffer.from(body?.subarray(0, lookedAt) ?? []).toString("utf8");
  const type = String(headers["content-type"] ?? "");
  if (!/^text\/html|^application\/xhtml/i.test(type) && !/^\s*<(!doctype html|html)\b/i.test(start)) return undefined;
  const title = /<title[^>]*>([^<]{0,200})/i.exec(start)?.[1]?.replaceAll(/\s+/g, " ").trim();
  return {
    title: title === "" ? undefined : title,
    isLogon: /name=["']?(SAMLRequest|sap-user|sap-password|j_username|SAMLResponse)\b/i.test(start),
    isLocked: /\b(user( account)? is locked|locked by (the )?administrator|benutzer ist gesperrt|gesperrt)\b/i.test(
      start,
    ),
  };
}

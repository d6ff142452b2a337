import { escapeHtml, renderPage } from "./html.js";

/** What the consent page shows. */
export interface ConsentPageDetails {
  /** The vendor's name, such as "Salesforce". */
  vendor: string;
  /** The name of the client that asks. */
  clientName: string;
  /** What it asks for, in words. */
  permissions: string[];
  /** What is chosen below it. Default "Signed in as". */
  accountLabel?: string;
  /** Accounts to sign in as; the first is chosen. `value` is what the form sends as `username`. */
  accounts: { value: string; label: string }[];
  /** Where the answer goes; shown, so that a person can see it. */
  redirectUri: string;
  /** Where the form is sent to. */
  action: string;
  /** Names this request; the form sends it back as `request`. */
  requestId: string;
}

/** The page on which a person allows or denies. A plain form, usable by keyboard and screen reader, without script. */
export function renderConsentPage(details: ConsentPageDetails): string {
  const permissions = details.permissions.map((text) => `<li>${escapeHtml(text)}</li>`).join("");
  const accounts = details.accounts
    .map(({ value, label }) => `<option value="${escapeHtml(value)}">${escapeHtml(label)}</option>`)
    .join("");
  return renderPage(
    `Allow access? – ${details.vendor} sandbox`,
    `<h1>Allow access?</h1>
<p><strong>${escapeHtml(details.clientName)}</strong> asks to use your ${escapeHtml(details.vendor)} account to:</p>
<ul>${permissions}</ul>
<form method="post" action="${escapeHtml(details.action)}">
<input type="hidden" name="request" value="${escapeHtml(details.requestId)}">
<label for="username">${escapeHtml(details.accountLabel ?? "Signed in as")}</label>
<select id="username" name="username">${accounts}</select>
<div class="actions">
<button class="primary" type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</div>
</form>
<p class="quiet">You will return to <code>${escapeHtml(details.redirectUri)}</code>. This is a local sandbox with made-up data.</p>`,
  );
}

/** The page for a request that cannot be answered by a redirect, because nobody knows that its redirect URI is safe. */
export function renderAuthorizeErrorPage(vendor: string, error: string, description: string): string {
  return renderPage(
    `Authorization error – ${vendor} sandbox`,
    `<h1>This request cannot go on</h1>
<p><code>error=${escapeHtml(error)}</code></p>
<p><code>error_description=${escapeHtml(description)}</code></p>
<p class="quiet">This is the ${escapeHtml(vendor)} sandbox. The client that sent you here has to be corrected.</p>`,
  );
}

import { escapeHtml } from "../../shared/html.js";

/** Why nobody was logged on, as far as the page tells: a wrong password, an unknown user and a lock look the same. */
export type LogonProblem = "failed" | "client";

const words = {
  E: {
    title: "Logon Error Message",
    failed: "Logon failed",
    failedWhy: "Name or password is incorrect (repeat logon)",
    client: "Client is not available in this system",
    note: "Logon performed in system",
  },
  D: {
    title: "Anmeldefehler",
    failed: "Anmeldung fehlgeschlagen",
    failedWhy: "Name oder Kennwort ist nicht korrekt (Wiederholen Sie die Anmeldung)",
    client: "Mandant ist in diesem System nicht vorhanden",
    note: "Anmeldung erfolgte am System",
  },
} as const;

/** The page that the ICF framework shows for an error at logon. */
export function renderLogonError(
  problem: LogonProblem,
  system: { id: string; client: string },
  language: "E" | "D",
): string {
  const { title, failed, failedWhy, client, note } = words[language];
  const reason = problem === "client" ? `${client} (${escapeHtml(system.client)})` : failedWhy;
  return `<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">
<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"><title>${title}</title></head>
<body class="sapUiBody"><div class="content"><div class="valigned"><h1>${failed}</h1><p>${reason}</p>
<p class="note">${note} <b>${system.id}</b></p></div></div></body></html>`;
}

/** The logon form of a system that shows it for services as well. */
export function renderLogonForm(system: { id: string; client: string }, language: "E" | "D"): string {
  const title = language === "D" ? "Anmelden" : "Logon";
  return `<!DOCTYPE html>
<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"><title>${title}</title></head>
<body><form name="loginForm" method="post" action=""><input type="hidden" name="sap-system-login" value="onLogin">
<input name="sap-user"><input type="password" name="sap-password"><input type="hidden" name="sap-client" value="${escapeHtml(system.client)}">
<button type="submit">${title}</button></form></body></html>`;
}

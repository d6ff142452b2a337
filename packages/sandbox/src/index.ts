export type { CompanyDescription } from "./quickbooks/companies.js";
export type {
  ChangeListener,
  ChangeOperation,
  JsonValue,
  QuickbooksChange,
  QuickbooksRecord,
  QuickbooksRecords,
} from "./quickbooks/data/records.js";
export type { QuickbooksSandbox, QuickbooksSandboxOptions } from "./quickbooks/quickbooks-sandbox.js";
export { startQuickbooksSandbox } from "./quickbooks/quickbooks-sandbox.js";
export type { QuickbooksSettings } from "./quickbooks/settings.js";
export type { WebhookForm } from "./quickbooks/webhooks/deliveries.js";
export type { WebhookOptions } from "./quickbooks/webhooks/webhook-sender.js";
export type { OutboundDescription, OutboundWish } from "./salesforce/outbound/outbound-controls.js";
export type { SalesforceSandbox, SalesforceSandboxOptions } from "./salesforce/salesforce-sandbox.js";
export { startSalesforceSandbox } from "./salesforce/salesforce-sandbox.js";
export type { SalesforceSettings } from "./salesforce/settings.js";
export type { GapWish } from "./salesforce/streaming/streaming-controls.js";
export type { CertificateRule, TlsOptions } from "./sap/logon/certificates.js";
export type { OAuthClient } from "./sap/logon/oauth-routes.js";
export type { SamlTrust } from "./sap/logon/saml/token-routes.js";
export type { SapUser } from "./sap/logon/users.js";
export type { SapSandbox, SapSandboxOptions } from "./sap/sap-sandbox.js";
export { startSapSandbox } from "./sap/sap-sandbox.js";
export type { SapSettings } from "./sap/settings.js";
export type { SapState } from "./sap/state.js";
export type { Clock, RandomBytes } from "./shared/clock.js";
export { decideConsent } from "./shared/consent.js";
export { InvalidSettingError } from "./shared/control-routes.js";
export type { Fault, FaultRule } from "./shared/faults.js";
export { InvalidFaultError } from "./shared/faults.js";
export { type PlannedFault, toFaultRule } from "./shared/planned-fault.js";
export type { LoggedRequest, RequestFilter } from "./shared/request-log.js";

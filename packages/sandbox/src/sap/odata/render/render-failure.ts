import { escapeHtml } from "../../../shared/html.js";
import type { ODataFailure, ODataMessage } from "../failure.js";
import type { ServiceModel } from "../model/service-model.js";

/** What an error body tells of the moment and the caller. */
export interface FailureFacts {
  service: ServiceModel | undefined;
  language: "E" | "D";
  transactionId: string;
  /** Milliseconds since 1970. */
  now: number;
  /** False for a v2 caller who accepts XML. */
  json: boolean;
}

const resolution = {
  SAP_Transaction:
    'For backend administrators: use ADT feed reader "SAP Gateway Error Log" or run transaction /IWFND/ERROR_LOG on SAP Gateway hub system and search for entries with the timestamp above for more details',
  SAP_Note: "See SAP Note 1797736 for error analysis (https://service.sap.com/sap/support/notes/1797736)",
};

/** An error as the protocol has it. */
export function renderFailure(failure: ODataFailure, facts: FailureFacts): { contentType: string; body: string } {
  if (facts.service?.version === "4.0") {
    return {
      contentType: "application/json;odata.metadata=minimal;charset=utf-8",
      body: JSON.stringify(toV4(failure, facts)),
    };
  }
  if (!facts.json) return { contentType: "application/xml;charset=utf-8", body: toXml(failure, facts) };
  return { contentType: "application/json;charset=utf-8", body: JSON.stringify(toV2(failure, facts)) };
}

function toV2(failure: ODataFailure, facts: FailureFacts): object {
  const details = detailsOf(failure).map(({ code, message, severity, target = "" }) => ({
    ContentID: "",
    code,
    message,
    longtext_url: "",
    propertyref: target,
    severity,
    transition: false,
    target,
  }));
  return {
    error: {
      code: failure.code,
      message: { lang: languageOf(facts), value: failure.message },
      innererror: {
        application: {
          component_id: facts.service?.component ?? "",
          service_namespace: "/SAP/",
          service_id: facts.service?.id ?? "",
          service_version: "0001",
        },
        transactionid: facts.transactionId,
        timestamp: timestampOf(facts.now),
        Error_Resolution: resolution,
        errordetails: details,
      },
    },
  };
}

function toV4(failure: ODataFailure, facts: FailureFacts): object {
  const [first] = failure.details;
  return {
    error: {
      code: failure.code,
      message: failure.message,
      ...(first?.target !== undefined && first.target !== "" && { target: first.target }),
      "@SAP__common.ExceptionCategory": failure.status < 500 ? "Client_Error" : "Server_Error",
      details: failure.details.map(({ code, message, severity, target }) => ({
        code,
        message,
        ...(target !== undefined && target !== "" && { target }),
        "@SAP__common.Severity": severity,
        "@SAP__common.numericSeverity": numericSeverity[severity],
      })),
      innererror: {
        ErrorDetails: {
          "@SAP__common.Application": {
            ComponentId: facts.service?.component ?? "",
            ServiceRepository: "SRVD_A2X",
            ServiceId: facts.service?.id ?? "",
            ServiceVersion: "0001",
          },
          "@SAP__common.TransactionId": facts.transactionId,
          "@SAP__common.Timestamp": timestampOf(facts.now),
          "@SAP__common.ErrorResolution": { AdditionalInfo: resolution.SAP_Transaction },
        },
      },
    },
  };
}

function toXml(failure: ODataFailure, facts: FailureFacts): string {
  const details = detailsOf(failure).map(
    ({ code, message, severity, target = "" }) =>
      `<errordetail><code>${escapeHtml(code)}</code><message>${escapeHtml(message)}</message><propertyref>${escapeHtml(target)}</propertyref><severity>${severity}</severity></errordetail>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?><error xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><code>${escapeHtml(failure.code)}</code><message xml:lang="${languageOf(facts)}">${escapeHtml(failure.message)}</message><innererror><transactionid>${facts.transactionId}</transactionid><timestamp>${timestampOf(facts.now)}</timestamp><errordetails>${details.join("")}</errordetails></innererror></error>`;
}

/** Severities as v4 counts them. */
export const numericSeverity: Readonly<Record<ODataMessage["severity"], number>> = {
  success: 1,
  info: 2,
  warning: 3,
  error: 4,
};

function detailsOf(failure: ODataFailure): readonly ODataMessage[] {
  if (failure.details.length > 0) return failure.details;
  return [{ code: failure.code, message: failure.message, severity: "error" }];
}

function languageOf({ language }: FailureFacts): string {
  return language === "D" ? "de" : "en";
}

/** `20240531102030.1230000` */
function timestampOf(now: number): string {
  const digits = new Date(now).toISOString().replaceAll(/\D/g, "");
  return `${digits.slice(0, 14)}.${digits.slice(14)}0000`;
}

import { findChild, redactText, type XmlElement } from "@isthmus/core";
import type { RfcError, SapFault } from "./sap-fault.js";

/**
 * What a SOAP body says of a failure: a `Fault`, or the `<module>.Exception` that SAP sends for an exception of the module's
 * interface. `undefined` when it holds neither.
 *
 * The `faultstring` of a fault is of little use ("Internal Server Error"); the cause is in `detail/rfc:Error`.
 */
export function readRfcFault(body: XmlElement): SapFault | undefined {
  const exception = body.children.find(isException);
  if (exception) return readException(exception);
  const fault = findChild(body, "Fault");
  if (!fault) return undefined;
  const detail = findChild(fault, "detail") ?? findChild(fault, "Detail");
  const raised = detail?.children.find(isException);
  if (raised) return readException(raised);
  const error = detail?.children.find(({ name }) => name === "Error");
  const faultString = textOf(fault, "faultstring") ?? textOf(findChild(fault, "Reason"), "Text");
  const code = textOf(error, "type") ?? codeIn(faultString) ?? textOf(fault, "faultcode");
  const message = textOf(error, "message") ?? faultString;
  const rfcError = classify(code);
  const requestId = findId(error, `${faultString ?? ""} ${message ?? ""}`);
  return {
    ...(code !== undefined && { code: rfcError && rfcError !== "RFC_ERROR_APPLICATION_EXCEPTION" ? rfcError : code }),
    ...(message !== undefined && { message: redactText(message) }),
    ...(requestId !== undefined && { requestId }),
    ...(rfcError && { rfcError }),
  };
}

function isException({ name }: XmlElement): boolean {
  return name.endsWith(".Exception");
}

function readException(exception: XmlElement): SapFault {
  const named = textOf(exception, "Name") ?? textOf(exception, "name");
  const code = (named ?? exception.text.trim()) || "UNNAMED_EXCEPTION";
  const text = textOf(exception, "Text") ?? textOf(exception, "text") ?? textOf(exception, "message");
  const module = exception.name.slice(0, -".Exception".length);
  return {
    code,
    message: text === undefined ? `${module} raised the exception ${code}.` : redactText(text),
    rfcError: "RFC_ERROR_APPLICATION_EXCEPTION",
  };
}

const groups: readonly (readonly [RegExp, RfcError])[] = [
  [/LOGON|AUTHENTICATION/, "RFC_ERROR_LOGON_FAILURE"],
  [/COMMUNICATION/, "RFC_ERROR_COMMUNICATION"],
  [/SYSTEM_FAILURE|RUNTIME_FAILURE|RUNTIME_ERROR|SHORT_?DUMP/, "RFC_ERROR_SYSTEM_FAILURE"],
  // A MESSAGE of type E that nobody in the module caught.
  [
    /^ERROR_MESSAGE(?:_STATE)?$|^(?:RFC_)?(?:ABAP_)?EXCEPTION$|APPLICATION_EXCEPTION/,
    "RFC_ERROR_APPLICATION_EXCEPTION",
  ],
];

function classify(code: string | undefined): RfcError | undefined {
  return groups.find(([form]) => form.test(code?.toUpperCase() ?? ""))?.[1];
}

/** `RFC_AUTHORIZATION_FAILURE: User has no authorization …` */
function codeIn(faultString: string | undefined): string | undefined {
  return /^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/.exec(faultString ?? "")?.[1];
}

/** The id by which the dump (ST22) or the log (SM21, SRT_UTIL) is found. */
function findId(error: XmlElement | undefined, words: string): string | undefined {
  const said = textOf(error, "id") ?? textOf(error, "transactionId");
  return said ?? /(?:transaction|dump|message)[ -]?id:?\s*([0-9A-F]{20,40})\b/i.exec(words)?.[1];
}

function textOf(element: XmlElement | undefined, name: string): string | undefined {
  const text = element && findChild(element, name)?.text.trim();
  return text === "" ? undefined : text;
}

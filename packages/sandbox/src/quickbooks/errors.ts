import type { JsonObject } from "./data/records.js";

/** The kinds of fault that the accounting service itself reports. */
export type FaultType = "ValidationFault" | "SystemFault";

/** A refusal of the accounting service. Thrown anywhere below a company route; the error handler sends it. */
export class QuickbooksFault extends Error {
  override readonly name = "QuickbooksFault";
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** The field it concerns; empty where QuickBooks names none. */
  readonly element: string;
  readonly type: FaultType;

  constructor(
    code: string,
    message: string,
    detail: string,
    options: { status?: number; element?: string; type?: FaultType } = {},
  ) {
    super(message);
    this.code = code;
    this.detail = detail;
    this.status = options.status ?? 400;
    this.element = options.element ?? "";
    this.type = options.type ?? "ValidationFault";
  }

  /** What stands under `Fault`. */
  toFault(): JsonObject {
    const error = { Message: this.message, Detail: this.detail, code: this.code, element: this.element };
    return { Error: [error], type: this.type };
  }
}

/** 2000: no such entity. */
export function unsupportedObject(name: string): QuickbooksFault {
  return new QuickbooksFault("2000", "Invalid or unsupported object name", `Object Name: ${name}`);
}

/** 2020: something that the request must have is not there. `element` names the field. */
export function requiredMissing(element: string): QuickbooksFault {
  return new QuickbooksFault(
    "2020",
    "Required param missing, need to supply the required value for the API",
    `Required parameter ${element} is missing in the request`,
    { element },
  );
}

/** 2500: a reference to a record that does not exist. */
export function invalidReference(element: string, entity: string, id: string): QuickbooksFault {
  return new QuickbooksFault(
    "2500",
    "Invalid Reference Id",
    `Invalid Reference Id : ${entity} element id ${id} not found`,
    { element },
  );
}

/** 610: no such record, or one that is deleted or inactive. */
export function objectNotFound(): QuickbooksFault {
  return new QuickbooksFault(
    "610",
    "Object Not Found",
    "Object Not Found : Something you're trying to use has been made inactive. Check the fields with accounts, customers, items, vendors or employees.",
  );
}

/** 6000: the request is well-formed and still makes no sense to an accountant. */
export function businessValidation(detail: string, element = ""): QuickbooksFault {
  return new QuickbooksFault(
    "6000",
    "A business validation error has occurred while processing your request",
    `Business Validation Error: ${detail}`,
    { element },
  );
}

/** 2010: a property, or a whole body, that cannot be taken as it is. */
export function invalidRequest(detail: string, element = ""): QuickbooksFault {
  return new QuickbooksFault("2010", "Request has invalid or unsupported property", detail, { element });
}

/** 2060: something that should be a date and is not. */
export function invalidDate(element: string, value: string): QuickbooksFault {
  return new QuickbooksFault("2060", "Invalid Date Format", `Invalid date format. Supplied value: ${value}`, {
    element,
  });
}

/** 2050: a text that is too long for its field. */
export function invalidLength(element: string, maximum: number, length: number): QuickbooksFault {
  return new QuickbooksFault(
    "2050",
    "Invalid String Length",
    `String length specified does not match the supported length. Min:0 Max:${maximum} supplied length:${length}`,
    { element },
  );
}

/** 500: an operation that the entity does not have. */
export function unsupportedOperation(detail: string): QuickbooksFault {
  return new QuickbooksFault("500", "Unsupported Operation", detail);
}

/** 4000: a query that cannot be read. */
export function queryParserError(detail: string): QuickbooksFault {
  return new QuickbooksFault("4000", "Error parsing query", `QueryParserError: ${detail}`);
}

/** 4001: a query that can be read and cannot be answered. */
export function queryValidationError(detail: string): QuickbooksFault {
  return new QuickbooksFault("4001", "Invalid query", `QueryValidationError: ${detail}`);
}

import type { JsonObject } from "./data/records.js";

/** What the gateway in front of the service says; its fault is in lower case and its body has every part of a response. */
export class GatewayFault extends Error {
  override readonly name = "GatewayFault";
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly type: string;

  constructor(status: number, code: string, reason: string, detail: string, type: string) {
    super(`message=${reason}; errorCode=${code.padStart(6, "0")}; statusCode=${status}`);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.type = type;
  }

  /** @param time - Milliseconds since 1970; the gateway sends the number. */
  toBody(time: number): JsonObject {
    return {
      warnings: null,
      intuitObject: null,
      fault: {
        error: [{ message: this.message, detail: this.detail, code: this.code, element: null }],
        type: this.type,
      },
      report: null,
      queryResponse: null,
      batchItemResponse: [],
      attachableResponse: [],
      syncErrorResponse: null,
      requestId: null,
      time,
      status: null,
      cdcresponse: [],
    };
  }

  /** The same in XML, which a gateway of Intuit's has sent to those who asked for JSON, too. @param time - ISO 8601. */
  toXml(time: string): string {
    const { code, type, message, detail } = this;
    return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<IntuitResponse time="${time}" xmlns="http://schema.intuit.com/finance/v3">
    <Fault type="${type}">
        <Error code="${code}">
            <Message>${escapeXml(message)}</Message>
            <Detail>${escapeXml(detail)}</Detail>
        </Error>
    </Fault>
</IntuitResponse>
`;
  }
}

/** 401/3200: no token, or one that is unknown or has expired. */
export function authenticationFailed(detail: string): GatewayFault {
  return new GatewayFault(401, "3200", "AuthenticationFailed", detail, "AUTHENTICATION");
}

/** 403/3100: the token is good, and not for this company. */
export function authorizationFailed(realmId: string): GatewayFault {
  return new GatewayFault(
    403,
    "3100",
    "ApplicationAuthorizationFailed",
    `The application is not authorized for company ${realmId}`,
    "AUTHORIZATION",
  );
}

/** 429/3001: too many requests. */
export function throttleExceeded(detail = "The request limit was reached."): GatewayFault {
  return new GatewayFault(429, "3001", "ThrottleExceeded", detail, "SERVICE");
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

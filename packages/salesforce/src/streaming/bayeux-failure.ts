import {
  AuthenticationError,
  ConnectorError,
  NotFoundError,
  RateLimitError,
  TransientError,
  VendorError,
  type VendorFault,
} from "@isthmus/core";
import { z } from "zod";
import { cleanMessage } from "../fault.js";
import type { BayeuxMessage } from "./bayeux-message.js";

/** The session is gone at Salesforce: a new one has to be made. */
export class SessionLostError extends TransientError {
  constructor(vendor: VendorFault) {
    super("VENDOR_UNAVAILABLE", "Salesforce has let go of the streaming session.", { vendor });
  }
}

const refusalSchema = z.looseObject({ sfdc: z.looseObject({ failureReason: z.string() }) });

/** Code, arguments and words: `403::Unknown client`. */
const errorPattern = /^(\d{3}):[^:]*:([\s\S]*)$/;

interface Row {
  readonly code: RegExp;
  readonly message?: RegExp;
  readonly make: (vendor: VendorFault) => ConnectorError;
}

/** The table. What stands first wins. */
const table: readonly Row[] = [
  {
    code: /^400$/,
    message: /replayId/i,
    make: (vendor) =>
      new ConnectorError(
        "CURSOR_EXPIRED",
        "Salesforce cannot replay from there: it keeps events for 72 hours. Read what was changed since (changes.read), and subscribe without a replay id.",
        { vendor },
      ),
  },
  {
    code: /^401$/,
    make: (vendor) => new AuthenticationError("Salesforce refused a fresh token for streaming, too.", { vendor }),
  },
  { code: /^(?:402|403)$/, message: /unknown client|session/i, make: (vendor) => new SessionLostError(vendor) },
  {
    code: /^403$/,
    message: /limit exceeded/i,
    make: (vendor) =>
      new RateLimitError("The organisation's limit of subscribers or of events is used up.", {
        vendor,
        // Events are counted by the day, subscribers by the moment.
        quota: /event|daily/i.test(vendor.message ?? ""),
      }),
  },
  {
    code: /^403$/,
    make: (vendor) =>
      new ConnectorError(
        "PERMISSION_DENIED",
        "The connected user may not subscribe to this channel, or there is none of that name.",
        { vendor },
      ),
  },
  {
    code: /^(?:400|404)$/,
    message: /channel[\s\S]*does not exist|unknown channel/i,
    make: (vendor) => new NotFoundError("There is no such channel.", { vendor }),
  },
  {
    code: /^(?:408|5\d\d)$/,
    make: (vendor) => new TransientError("VENDOR_UNAVAILABLE", "Salesforce cannot stream just now.", { vendor }),
  },
];

/**
 * What a Bayeux message means that says `successful: false`.
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_streaming.meta/api_streaming/streaming_handling_errors.htm
 */
export function mapBayeuxFailure(message: BayeuxMessage): ConnectorError {
  // A denied handshake says in its extension what was wrong.
  const told = refusalSchema.safeParse(message.ext).data?.sfdc.failureReason ?? message.error ?? "";
  const [, status = "", words = told] = errorPattern.exec(told) ?? [];
  const vendor: VendorFault = {
    ...(status !== "" && { code: status }),
    ...(words !== "" && { message: cleanMessage(words) }),
  };
  const row = table.find(({ code, message: pattern }) => code.test(status) && (pattern?.test(told) ?? true));
  if (row) return row.make(vendor);
  if (message.advice?.reconnect === "handshake") return new SessionLostError(vendor);
  return new VendorError(`Salesforce refused ${message.channel}.`, { vendor });
}

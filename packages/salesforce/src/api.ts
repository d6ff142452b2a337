import type {
  Clock,
  ConnectorError,
  ConnectorRequest,
  Logger,
  Random,
  TransportResponse,
  TransportStreamResponse,
} from "@isthmus/core";
import type { SoapCall } from "./soap/soap-caller.js";

/** What every call takes. */
export interface CallOptions {
  /** Ends the call when aborted. */
  readonly signal?: AbortSignal;
}

/** What the parts of the connector reach Salesforce through: with a valid token, on the connected instance. */
export interface SalesforceApi {
  /** `/services/data/v60.0` */
  readonly dataPath: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Ends all work of the connector. */
  readonly signal: AbortSignal;
  /** Sends; an answer that is not 2xx is thrown as what it means. */
  send(request: ConnectorRequest): Promise<TransportResponse>;
  /** Sends; every status is an answer. */
  sendRaw(request: ConnectorRequest): Promise<TransportResponse>;
  /** {@link send} with the answer's body as a stream, which the caller reads to its end or destroys. */
  openStream(request: ConnectorRequest): Promise<TransportStreamResponse>;
  /** Makes a SOAP call, whose body holds the session; every status is an answer. */
  callSoap(call: SoapCall): Promise<TransportResponse>;
  /** What an answer that is no success means. */
  mapFailure(response: TransportResponse, request: ConnectorRequest): ConnectorError;
}

import type { ConnectorError, ConnectorRequest, TransportResponse } from "@isthmus/core";
import type { BuiltRequest } from "./requests/build-request.js";

/** What a request says of itself beside its text. */
export type RequestTraits = Pick<ConnectorRequest, "name" | "idempotent" | "reconcile" | "signal">;

/** What operations and entities need of the connector: requests to one origin, with its credentials. */
export interface ApiClient {
  /** The origin that every request goes to. */
  readonly origin: string;
  /** The name of the query parameter that takes the API key, if it is one. */
  readonly keyParameter: string | undefined;
  /**
   * Sends a request whose path is below the base address.
   *
   * @throws {ConnectorError} what an answer that is not 2xx is mapped to.
   */
  sendBuilt(request: BuiltRequest, traits: RequestTraits): Promise<TransportResponse>;
  /** Sends a request whose path, from the root of the origin, the API itself named. */
  sendNext(path: string, request: Omit<BuiltRequest, "path">, traits: RequestTraits): Promise<TransportResponse>;
  /** The address of a path below the base address. @throws {ValidationError} when it would be read as another one. */
  addressOf(path: string): string;
  /** A key for one write. */
  makeIdempotencyKey(): string;
  /** What it means that the answer of a request that was accepted cannot be read. */
  unreadable(cause: ConnectorError, traits: RequestTraits): ConnectorError;
}

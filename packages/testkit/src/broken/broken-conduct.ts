import {
  type AccessToken,
  type ConnectedAccount,
  type ConnectionCheck,
  type ConnectionTest,
  ConnectorError,
  type ConnectorRequest,
  TransientError,
  type TransportResponse,
  VendorError,
} from "@isthmus/core";
import { ReferenceConnector } from "../reference/reference-connector.js";
import { basicHarness } from "../reference/reference-harness.js";
import { type BrokenConnector, brokenClass } from "./broken-connector.js";

/** Connectors that behave badly towards callers, other hosts, the process or the readers of logs. */
export const brokenConduct: readonly BrokenConnector[] = [
  brokenClass(
    "connect.repeatable",
    "refuses to connect what is connected",
    class extends ReferenceConnector {
      #connects = 0;

      override connect(signal?: AbortSignal): Promise<ConnectedAccount> {
        this.#connects += 1;
        // The callback connects once, and the clause once more before its second time.
        if (this.#connects > 2) throw new ConnectorError("CONFLICT", "This is connected already.");
        return super.connect(signal);
      }
    },
  ),

  brokenClass(
    "connection_test.ok",
    "fails its test when a check has nothing to say",
    class extends ReferenceConnector {
      protected override async check(): Promise<readonly ConnectionCheck[]> {
        return [{ name: "limits", ok: false, detail: "The vendor names no limits.", code: "UNSUPPORTED" }];
      }
    },
  ),

  brokenClass(
    "connection_test.away",
    "throws from its test when the vendor is away",
    class extends ReferenceConnector {
      override async testConnection(signal?: AbortSignal): Promise<ConnectionTest> {
        await this.connect(signal);
        return super.testConnection(signal);
      }
    },
  ),

  brokenClass(
    "hosts.forbidden",
    "follows the vendor's links with a client of its own",
    class extends ReferenceConnector {
      protected override async sendRaw(request: ConnectorRequest): Promise<TransportResponse> {
        if (request.path.startsWith("/")) return super.sendRaw(request);
        const token = await this.context.tokens?.accessToken();
        const answer = await fetch(request.path, { headers: this.credentialHeaders(token) });
        const body = Buffer.from(await answer.arrayBuffer());
        const headers = Object.fromEntries(answer.headers);
        const text = () => body.toString();
        return {
          status: answer.status,
          headers,
          body,
          text,
          json: () => JSON.parse(text()),
          tryJson: () => JSON.parse(text()),
        };
      }
    },
  ),

  brokenClass(
    "errors.branded",
    "throws an error of its own kind",
    class extends ReferenceConnector {
      protected override async send(request: ConnectorRequest): Promise<TransportResponse> {
        const response = await this.sendRaw(request);
        if (response.status >= 400) throw new RangeError(`Status ${response.status}`);
        return response;
      }
    },
  ),

  brokenClass(
    "process.quiet",
    "starts work beside a request and does not look at how it ends",
    class extends ReferenceConnector {
      protected override async send(request: ConnectorRequest): Promise<TransportResponse> {
        const response = super.send(request);
        void response.then((answer) => answer.status);
        return response;
      }
    },
  ),

  brokenClass(
    "process.quiet",
    "throws where nobody can catch it when an answer is cut",
    class extends ReferenceConnector {
      protected override async send(request: ConnectorRequest): Promise<TransportResponse> {
        try {
          return await super.send(request);
        } catch (error) {
          // What an HTTP library does that emits "error" on a stream to which nobody listens.
          if (error instanceof TransientError && error.code === "RESPONSE_CUT") setImmediate(() => fail(error));
          throw error;
        }
      }
    },
  ),

  brokenClass(
    "secrets.errors",
    "quotes the vendor, who quotes the token",
    class extends ReferenceConnector {
      // The base would take the secret out again.
      override conceal<Failure extends ConnectorError>(error: Failure): Failure {
        return error;
      }

      protected override mapFailure(response: TransportResponse, request: ConnectorRequest): ConnectorError {
        if (response.status !== 400) return super.mapFailure(response, request);
        return new VendorError(`The vendor said: ${response.text()}`, { vendor: { status: response.status } });
      }
    },
  ),

  brokenClass(
    "secrets.errors",
    "shows the request's headers, the password in base64 among them",
    class extends ReferenceConnector {
      // The base would take the secret out again.
      override conceal<Failure extends ConnectorError>(error: Failure): Failure {
        return error;
      }

      protected override mapFailure(response: TransportResponse, request: ConnectorRequest): ConnectorError {
        const error = super.mapFailure(response, request);
        return Object.assign(error, { request: { headers: this.credentialHeaders(undefined) } });
      }
    },
    basicHarness,
  ),

  brokenClass(
    "secrets.logs",
    "logs the token at debug",
    class extends ReferenceConnector {
      protected override credentialHeaders(token: AccessToken | undefined): Readonly<Record<string, string>> {
        this.context.logger.debug({ token }, "Sending a request");
        return super.credentialHeaders(token);
      }
    },
  ),

  brokenClass(
    "secrets.events",
    "names the account by its token in an event",
    class extends ReferenceConnector {
      override async connect(signal?: AbortSignal): Promise<ConnectedAccount> {
        const account = await super.connect(signal);
        const token = await this.context.tokens?.accessToken();
        const accountId = Buffer.from(`${account.id}:${token?.value}`).toString("base64url");
        this.events.emit("connector.connected", { connection: this.connection, accountId });
        return account;
      }
    },
  ),

  brokenClass(
    "connect.repeatable",
    "names another account each time",
    class extends ReferenceConnector {
      #connects = 0;

      protected override async identify(signal: AbortSignal): Promise<ConnectedAccount> {
        this.#connects += 1;
        const account = await super.identify(signal);
        return { ...account, id: `${account.id}-${this.#connects}` };
      }
    },
  ),
];

function fail(error: Error): never {
  throw error;
}

/** The connector contract at a glance: every clause by its stable id, with the sentence that is true when it holds. */
export const contract = {
  "definition.sound": "has a sound definition: unique, named and summarised operations, closed list of hosts",
  "definition.schemas": "publishes credentials, configuration, inputs and outputs as JSON Schema",

  "credentials.missing": "refuses credentials that lack a field, naming the field",
  "credentials.wrong_type": "refuses credentials of the wrong type, naming the field",
  "credentials.unknown_field": "refuses credentials with an unknown field, naming it",
  "credentials.no_echo": "repeats no value when it refuses credentials",
  "credentials.write_only": "marks every secret among its credentials as writeOnly",

  "auth_url.state": "makes an unguessable state, a different one for each authorization",
  "auth_url.pkce": "sends a PKCE S256 challenge, a different one for each authorization",
  "auth_url.parameters": "asks for a code, for its client id, at its redirect URI",
  "auth_url.no_secret": "puts no secret into the authorization URL",
  "auth_url.unsupported": "answers UNSUPPORTED to a browser flow that its scheme does not have",

  "callback.connects": "is connected after the right callback and works with the granted token",
  "callback.wrong_state": "refuses a callback with another state and asks for no token",
  "callback.missing_state": "refuses a callback without a state and asks for no token",
  "callback.denied": "reports OAUTH_DENIED when the person declines",
  "callback.expired": "refuses a callback that comes long after the authorization was begun",
  "callback.used_twice": "refuses a callback that was used before",

  "refresh.before_expiry": "renews a token before it expires",
  "refresh.concurrent": "makes one token request when many callers need a new token at once",
  "refresh.assumed_lifetime": "renews by its policy's assumed lifetime when the vendor states none",
  "refused_token.renewed": "renews a refused token and repeats the request once",
  "refused_token.no_loop": "gives up when the vendor refuses the renewed token too",
  "grant.revoked": "reports RECONNECT_REQUIRED when the grant is gone, and asks the vendor no more",
  "grant.revoked_event": "emits connector.reconnect_required when the grant is gone",

  "rate_limit.retry_after": "waits as long as Retry-After says, then succeeds",
  "server_error.read_backoff": "repeats a read after 5xx, waiting longer each time",
  "server_error.read_gives_up": "gives up on a read when the vendor stays broken, with a retryable error",
  "server_error.write_once": "sends a write once when the vendor answers 500, and does not call it retryable",
  "timeout.read": "reports TIMEOUT when the answer to a read does not come",
  "timeout.write": "reports OUTCOME_UNKNOWN when the answer to a write does not come, and sends it once",
  "cut.read": "repeats a read whose answer was cut in the middle, and succeeds",
  "cut.write": "reports OUTCOME_UNKNOWN when the answer to a write was cut, and sends it once",
  "abort.read": "reports CANCELLED when the caller aborts a read",

  "operation.unknown": "reports NOT_FOUND for an operation that it does not have",
  "operation.input": "refuses an input that does not fit with VALIDATION_FAILED and sends nothing",
  "operation.output": "gives outputs that fit their schemas and survive JSON",

  "bulk.state": "keeps the state of a bulk operation in plain JSON, from which it goes on after it was stored and read",
  "bulk.advance_repeatable": "may look twice by one state, as after a crash, and does nothing twice by it",
  "bulk.cancel_repeatable": "may end bulk work twice, by every state that it gave, also after its end",

  "writer.absent": "has no writer of records where the harness has no example for one",
  "writer.outcomes": "tells what became of each record, in their order, and lets one that fails keep no other back",
  "writer.policies": "leaves to the policy what becomes of a record that was changed since it was read",
  "writer.attempted":
    "doubles no record that an earlier try may have written, and takes its own change for no conflict",

  "connect.repeatable": "may be connected twice and names the same account",
  "disconnect.repeatable": "may be disconnected twice",
  "disconnect.forgets": "destroys its tokens even when the vendor cannot be told",
  "connection_test.ok": "passes its connection test and names the account",
  "connection_test.away": "fails its connection test without throwing when the vendor is away",

  "hosts.forbidden": "sends nothing to a host beyond its allowed ones and reports FORBIDDEN_TARGET",
  "errors.branded": "throws ConnectorErrors with known codes only, and none that is INTERNAL",
  "process.quiet": "leaves no rejection and no exception unhandled",
  "secrets.errors": "shows no secret in an error, its causes or its stack",
  "secrets.logs": "writes no secret into a log line",
  "secrets.events": "puts no secret into an event",
} as const;

/** The stable id of a clause. */
export type ClauseId = keyof typeof contract;

/** The ids of all clauses, in the order in which the suite runs them. */
export const clauseIds = Object.keys(contract) as readonly ClauseId[];

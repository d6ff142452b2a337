import type { ConnectionIdentity, EventEmitter } from "../events/index.js";
import type { CallBudget, CallBudgets, Transport } from "../http/index.js";
import type { OAuthClient, TokenManager } from "../oauth/index.js";
import type { Clock, Logger, OperatorFiles, Random } from "../runtime/index.js";
import type { AuthenticationMethod } from "./authentication.js";

/** Everything that a connector works with. Nothing is reached for; all of it is handed in. */
export interface CreateContext<Credentials = unknown, Configuration = unknown> {
  /** Whom log lines and events speak of. */
  readonly connection: ConnectionIdentity;
  /** Which of the definition's schemes is in use. */
  readonly authenticationMethod: AuthenticationMethod;
  /** Validated by the scheme's schema. */
  readonly credentials: Credentials;
  /** Validated by the definition's schema, defaults filled in. */
  readonly configuration: Configuration;
  /** The flows, for schemes that have them. */
  readonly oauth: OAuthClient | undefined;
  /** The tokens, for schemes that have them. */
  readonly tokens: TokenManager | undefined;
  /** This connector's own: pools, limits and cookies are shared with nobody. */
  readonly transport: Transport;
  /**
   * Budgets that this connector shares with those of other processes; `undefined` = it counts for itself. A connector that
   * knows its vendor's limits names the account and what is allowed, and hands the budget to its requests.
   */
  readonly budgets: CallBudgets | undefined;
  /** The budget of every request that brings none: of a definition that states a rate to its transport. */
  readonly budget: CallBudget | undefined;
  /** What the operator keeps for this connector. */
  readonly files: OperatorFiles;
  /** The only source of the time. */
  readonly clock: Clock;
  /** The only source of randomness. */
  readonly random: Random;
  /** Where log lines go. No token, no body, no record goes there. */
  readonly logger: Logger;
  /** Where lifecycle events go. */
  readonly events: EventEmitter;
  /** Ends all work of the connector when aborted. */
  readonly signal: AbortSignal;
}

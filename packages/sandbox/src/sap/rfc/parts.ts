import type { FastifyReply, FastifyRequest } from "fastify";
import type { FunctionModule } from "./function-module.js";
import type { RfcSystem, SapUser } from "./rfc-system.js";

/** What the SOAP services for function modules stand on. */
export interface RfcParts extends RfcSystem {
  /** Where the sandbox is reached, without a slash at its end. */
  baseUrl: () => string;
  /** The user of a request. `undefined`: the logon was refused and `reply` answered (401, HTML). */
  logon: (request: FastifyRequest, reply: FastifyReply) => SapUser | undefined | Promise<SapUser | undefined>;
  /** Function modules beside those of this room, such as the one that takes IDocs. */
  modules: readonly FunctionModule[];
}

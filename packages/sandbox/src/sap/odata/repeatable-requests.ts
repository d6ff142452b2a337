import { BoundedMap } from "../../shared/bounded-map.js";
import type { SapState } from "../state.js";
import type { ODataCall, ODataResponse } from "./call.js";

/**
 * The Gateway's framework for idempotent services: a change that names its `RequestID` and `RepeatabilityCreation` is done once,
 * and answered as the first time when it comes again.
 *
 * @see https://help.sap.com/doc/saphelp_gateway20sp12/2.0/en-US/67/8b5dcd6a5c41789b27b46eb34a6a86/content.htm
 */
export class RepeatableRequests {
  readonly #answers = new BoundedMap<string, Promise<ODataResponse>>(1_000);

  constructor(state: SapState) {
    state.onReset.add(() => this.#answers.clear());
  }

  /** Answers by `work`, or by what it gave the first time. */
  async answer(call: ODataCall, work: (call: ODataCall) => Promise<ODataResponse>): Promise<ODataResponse> {
    const { requestid: id = "", repeatabilitycreation: createdAt = "" } = call.headers;
    if (call.method === "GET" || createdAt === "" || !/^[0-9A-F]{32}$/i.test(id)) return work(call);
    const key = `${call.logon.user} ${id.toUpperCase()} ${createdAt}`;
    const answered = this.#answers.get(key) ?? work(call);
    this.#answers.set(key, answered);
    const { headers, ...answer } = await answered;
    return { ...answer, headers: { ...headers, repeatabilityresult: "accepted" } };
  }
}

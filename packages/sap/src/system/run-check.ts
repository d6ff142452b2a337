import { type ConnectionCheck, codeOf, isConnectorError } from "@isthmus/core";

/** One line of a connection test: what fails is a result, but for an end that somebody asked for and what is no failure of SAP's. */
export async function runCheck(name: string, detail: string, work: () => Promise<unknown>): Promise<ConnectionCheck> {
  try {
    await work();
    return { name, ok: true, detail };
  } catch (error) {
    if (!isConnectorError(error) || codeOf(error) === "CANCELLED") throw error;
    return { name, ok: false, detail: error.message, code: error.code };
  }
}

import { AuthenticationError, codeOf } from "@isthmus/core";

/**
 * Keeps a wrong password from being sent again: SAP locks a user after a few tries (`login/fails_to_user_lock`, 5 as a rule).
 *
 * Until the first answer one request goes alone and the others wait for what becomes of it, so that a start with many requests
 * at once is one try. Once a logon was refused, everything fails here without being sent, until {@link LogonGate.allowOneTry}.
 * A password that changes while requests are at work can still be tried by as many as are on their way.
 */
export class LogonGate {
  #state: "unproven" | "proven" | "refused" = "unproven";
  #first: Promise<void> | undefined;

  /** Sends when it may. @throws {AuthenticationError} when the logon was refused before. */
  async pass<Response extends { readonly status: number }>(send: () => Promise<Response>): Promise<Response> {
    while (this.#state === "unproven") {
      if (this.#first === undefined) return this.#lead(send);
      await this.#first;
    }
    if (this.#state === "refused") throw refusedBefore();
    const response = await send();
    if (response.status === 401) this.#state = "refused";
    return response;
  }

  /** The logon was refused, by words and not by the status: a SOAP fault comes with 500. */
  refuse(): void {
    this.#state = "refused";
  }

  /** A person asks, who may know that the password was mended: the next request tries again. */
  allowOneTry(): void {
    if (this.#state === "refused") this.#state = "unproven";
  }

  async #lead<Response extends { readonly status: number }>(send: () => Promise<Response>): Promise<Response> {
    let release: (() => void) | undefined;
    let fail: ((error: unknown) => void) | undefined;
    const first = new Promise<void>((resolve, reject) => {
      release = resolve;
      fail = reject;
    });
    first.catch(() => undefined); // nobody may be waiting
    this.#first = first;
    try {
      const response = await send();
      this.#state = response.status === 401 ? "refused" : "proven";
      release?.();
      return response;
    } catch (error) {
      // A system that cannot be reached would let each of them wait in turn; one whose caller gave up says nothing of it.
      if (codeOf(error) === "CANCELLED") release?.();
      else fail?.(error);
      throw error;
    } finally {
      this.#first = undefined;
    }
  }
}

function refusedBefore(): AuthenticationError {
  return new AuthenticationError(
    "SAP refused this logon before, and it is not tried again, so that the user is not locked. Mend the credentials or the user, then test the connection.",
  );
}

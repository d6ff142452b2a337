/** One thing that a vendor's delivery says. */
export interface InboundEvent {
  /** The vendor's own id of the event: deliveries are repeated, events are handled once. */
  readonly id: string;
  /** {@link ConnectedAccount.id} of the account it concerns: one delivery may speak of several. */
  readonly accountId: string;
  /** The vendor's name of the entity: `Account`. */
  readonly entity: string;
  /** The vendor's id of the record. Missing: the event concerns no single one. */
  readonly recordId?: string;
  /** What happened, in the vendor's words: `created`, `qbo.account.created.v1`. */
  readonly type: string;
}

/** What a delivery is answered with. */
export interface InboundAnswer {
  /** HTTP status. */
  readonly status: number;
  /** Media type of `body`. Missing: there is no body. */
  readonly contentType?: string;
  /** What the vendor wants to read, such as an `<Ack>`. */
  readonly body?: string;
}

/** Deliveries that a vendor sends to us. */
export interface InboundHandler {
  /** Largest delivery of this vendor, in bytes; a larger one is not read. Default 1 MiB, at most 32 MiB. */
  readonly maxBodyBytes?: number;
  /** Milliseconds within which the vendor has to be answered, before it takes the delivery for lost. Default 2 000. */
  readonly answerWithinMs?: number;
  /**
   * Proves that the vendor sent exactly this body, by any of the secrets, in constant time. No secret is a refusal.
   *
   * @param query - What stands in the address behind the `?`, if anything: the place for a token of a vendor that neither signs nor sends a
   *   header of one's choice.
   * @throws {AuthenticationError} otherwise.
   */
  verify(
    rawBody: Buffer,
    headers: Readonly<Record<string, string | undefined>>,
    secrets: readonly string[],
    query?: Readonly<Record<string, string | undefined>>,
  ): void;
  /** The events of a verified body. */
  route(rawBody: Buffer, headers: Readonly<Record<string, string | undefined>>): readonly InboundEvent[];
  /** What the vendor wants to hear once the events are stored. */
  acknowledge(): InboundAnswer;
}

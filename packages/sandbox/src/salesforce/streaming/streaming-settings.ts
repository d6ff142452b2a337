/** How the Streaming API behaves. Times are milliseconds. */
export interface StreamingSettings {
  /** How long a connect waits for an event. Default 110 000, as at Salesforce. */
  streamingHoldMs: number;
  /** How long a session may stay without a connect, by the clock. Default 40 000. */
  streamingSessionMs: number;
  /** How long events can be replayed, by the clock. Default 72 hours. */
  eventRetentionMs: number;
  /** Refuse messages without the cookies of the handshake. Default true. */
  streamingNeedsCookies: boolean;
  /** Channels that nobody may subscribe to, with commas between them. Default none. */
  deniedChannels: string;
}

/** The settings that nobody has changed. */
export const defaultStreamingSettings: Readonly<StreamingSettings> = {
  streamingHoldMs: 110_000,
  streamingSessionMs: 40_000,
  eventRetentionMs: 72 * 60 * 60 * 1000,
  streamingNeedsCookies: true,
  deniedChannels: "",
};

/** Whether a document's XML signature holds, by an implementation that shares no code with ours. */
export function verifySignature(text: string): Promise<boolean>;

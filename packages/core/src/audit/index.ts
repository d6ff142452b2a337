export { AuditChainVerifier, type AuditExpectations } from "./chain-verifier.js";
export { type AuditLink, type ChainedAuditEvent, genesisHash, hashAuditEvent } from "./event-hash.js";
export { handoverAction, type KeyHandover, signHandover } from "./handover.js";
export { unprovenAction } from "./key-path.js";
export { type AuditHead, isAuditHeadGenuine, type SignedAuditHead, signAuditHead } from "./signed-head.js";
export type { AuditBreak, AuditBreakKind, AuditVerdict } from "./verdict.js";

import { ConnectorError, type ConnectorErrorCode, isConnectorError, type VendorFault } from "@isthmus/core";

/** A call that failed, as the messages name it. */
export interface KmsCall {
  readonly verb: "encrypt" | "decrypt";
  readonly keyId: string;
}

type Meaning = readonly [code: ConnectorErrorCode, advice: string];

const later: Meaning = ["KEY_UNAVAILABLE", "Nothing was sealed or opened; try again later."];
const credentials: Meaning = [
  "KEY_UNAVAILABLE",
  "Check the service's AWS credentials and clock; then try again. Nothing was sealed or opened.",
];
const disabled: Meaning = [
  "KEY_UNAVAILABLE",
  "The key is disabled or about to be deleted. Enable it again in AWS KMS; nothing was sealed or opened.",
];
const noSuchKey: Meaning = ["KEY_INVALID", "Check the id of the key and the region."];
const unreadable: Meaning = [
  "SEALED_VALUE_UNREADABLE",
  "The wrapped data key was altered or moved, or another key wrapped it (an alias that was pointed elsewhere?): name that key among the previous ones.",
];

/**
 * What each error of AWS KMS means: what an operator can turn back is unavailable, what the configuration has wrong is
 * invalid, and only what can never open is unreadable.
 *
 * `NotFoundException` is a matter of the configuration also where it answers a decryption: a key is deleted for good only
 * after days of `KMSInvalidStateException`, while an alias or a region is misspelt in a moment.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html#API_Encrypt_Errors
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
const meanings: ReadonlyMap<string, Meaning> = new Map(
  Object.entries({
    AccessDeniedException: ["KEY_UNAVAILABLE", "Allow kms:Encrypt and kms:Decrypt on this key; then try again."],
    DependencyTimeoutException: later,
    KMSInternalException: later,
    KeyUnavailableException: later,
    LimitExceededException: later,
    ThrottlingException: later,
    DisabledException: disabled,
    KMSInvalidStateException: disabled,
    InvalidArnException: noSuchKey,
    NotFoundException: noSuchKey,
    ValidationException: noSuchKey,
    InvalidKeyUsageException: ["KEY_INVALID", "The key has to be a symmetric one for encryption and decryption."],
    IncorrectKeyException: unreadable,
    InvalidCiphertextException: unreadable,
  }),
);

// They name the key that signed, or come from programs that fetch credentials: whatever they say is left out.
const ofCredentials =
  /Credential|Token|UnrecognizedClient|Signature|AuthFailure|NotAuthorized|OptInRequired|RequestExpired|TimeTooSkewed/;

/**
 * Turns what the SDK throws into ours. What is in no table is a service that is away.
 *
 * The answer of AWS to `AccessDeniedException` names the caller's role, so its words stand in `cause`, for the log, and not
 * in `vendor`, which may go out to a tenant.
 */
export function toKmsError(cause: unknown, { verb, keyId }: KmsCall): ConnectorError {
  const says = `AWS KMS did not ${verb} with key ${keyId}`;
  // The transport's own, whose words hold no secret.
  if (isConnectorError(cause)) {
    return new ConnectorError("KEY_UNAVAILABLE", `${says}. ${cause.message} ${later[1]}`, { cause });
  }
  if (cause instanceof Error && cause.message === "Region is missing") {
    return new ConnectorError("KEY_INVALID", `${says}: no region is configured. Name the key by its ARN, or set one.`);
  }
  const name = cause instanceof Error ? cause.name : "";
  const known = meanings.get(name);
  const [code, advice] = known ?? (ofCredentials.test(name) ? credentials : later);
  return new ConnectorError(code, `${says} (${name || "unknown error"}). ${advice}`, {
    vendor: toFault(name, cause),
    // Of an error that is not in the table nobody knows what its words hold.
    ...(known !== undefined && { cause }),
  });
}

/** Whether KMS says that another key than the one named wrapped it. */
export function isIncorrectKey(error: unknown): boolean {
  return error instanceof Error && error.name === "IncorrectKeyException";
}

function toFault(code: string, cause: unknown): VendorFault {
  const metadata: unknown = typeof cause === "object" && cause !== null ? Reflect.get(cause, "$metadata") : undefined;
  if (typeof metadata !== "object" || metadata === null) return { code };
  const [requestId, status] = ["requestId", "httpStatusCode"].map((name): unknown => Reflect.get(metadata, name));
  return {
    code,
    ...(typeof requestId === "string" && { requestId }),
    ...(typeof status === "number" && { status }),
  };
}

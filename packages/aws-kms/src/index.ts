export { AwsKmsKeys } from "./aws-kms-keys.js";
export type { AwsKmsKeysOptions } from "./options.js";

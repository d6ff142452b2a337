import { ConnectorError, LocalKeyring } from "@isthmus/core";
import { z } from "zod";
import { headerText, isOrigin, listOfSome } from "./forms.js";

const keyProviders = ["local", "aws-kms", "transit"] as const;

const awsKeyId = /^(?:arn:aws[\w-]*:kms:[a-z\d-]+:\d{12}:(?:key|alias)|alias)\/[\w/-]{1,256}$/;
const transitName = /^\w(?:[\w.-]{0,98}\w)?$/;
const transitMount = /^\w(?:[\w-]|[./](?=\w)){0,198}$/;
const address = z.string().refine(isOrigin, "is not an http or https address without a path.");

/** How to write each variable of the key providers, for the message that refuses a wrong one. */
export const keyExamples = {
  ISTHMUS_KEY_PROVIDER: "ISTHMUS_KEY_PROVIDER=local",
  ISTHMUS_KEYS: `ISTHMUS_KEYS=k1:<32 bytes in base64>, made with: node -p '"k1:" + crypto.randomBytes(32).toString("base64")'`,
  ISTHMUS_AWS_KMS_KEYS: "ISTHMUS_AWS_KMS_KEYS=arn:aws:kms:eu-central-1:111122223333:key/<id>",
  ISTHMUS_AWS_KMS_ENDPOINT: "ISTHMUS_AWS_KMS_ENDPOINT=https://vpce-0123.kms.eu-central-1.vpce.amazonaws.com",
  ISTHMUS_TRANSIT_ADDRESS: "ISTHMUS_TRANSIT_ADDRESS=https://vault.example.com:8200",
  ISTHMUS_TRANSIT_KEYS: "ISTHMUS_TRANSIT_KEYS=isthmus",
  ISTHMUS_TRANSIT_MOUNT: "ISTHMUS_TRANSIT_MOUNT=transit",
  ISTHMUS_TRANSIT_NAMESPACE: "ISTHMUS_TRANSIT_NAMESPACE=team/a",
  ISTHMUS_TRANSIT_TOKEN: "ISTHMUS_TRANSIT_TOKEN=hvs.…",
  ISTHMUS_TRANSIT_TOKEN_FILE: "ISTHMUS_TRANSIT_TOKEN_FILE=/run/secrets/vault-token",
} as const;

/** The variables of the key providers, each on its own. What they need of one another: `key-settings.ts`. */
export const keyVariables = {
  ISTHMUS_KEY_PROVIDER: z.enum(keyProviders, { error: `is none of ${keyProviders.join(", ")}.` }).default("local"),
  ISTHMUS_KEYS: z
    .string()
    .transform((text, context) => parseKeyring(text, context))
    .optional(),
  ISTHMUS_AWS_KMS_KEYS: listOfSome(awsKeyId, "holds something that is neither the ARN of a key nor alias/<name>."),
  ISTHMUS_AWS_KMS_ENDPOINT: address.optional(),
  ISTHMUS_TRANSIT_ADDRESS: address.optional(),
  ISTHMUS_TRANSIT_KEYS: listOfSome(transitName, "holds something that is not the name of a key."),
  ISTHMUS_TRANSIT_MOUNT: z.string().regex(transitMount, "is not the path of an engine.").optional(),
  ISTHMUS_TRANSIT_NAMESPACE: headerText.optional(),
  ISTHMUS_TRANSIT_TOKEN: headerText.optional(),
  ISTHMUS_TRANSIT_TOKEN_FILE: z.string().optional(),
};

function parseKeyring(text: string, context: z.RefinementCtx<string>): LocalKeyring {
  try {
    return LocalKeyring.parse(text);
  } catch (error) {
    // Its messages name keys by id or position and never repeat material; the advice at their end is our example's.
    const words = error instanceof ConnectorError ? error.message.replace(/ Make a key with: .*$/, "") : "is unusable.";
    context.addIssue({ code: "custom", message: `is unusable. ${words}` });
    return z.NEVER;
  }
}

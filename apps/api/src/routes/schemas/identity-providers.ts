import { z } from "zod";
import { roleNames } from "../../authorization/index.js";
import { instantSchema } from "./common.js";

/** Asymmetric ones only: an unsigned token, or one signed with a secret, is taken from nobody. */
const algorithms = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA"],
] as const;

const name = z.string().trim().min(1).max(200).describe("For people.");
const issuer = z
  .string()
  .min(1)
  .max(2048)
  .regex(/^\S+$/, "An address, without spaces.")
  .describe("`iss` of its tokens, to the letter.");
const jwksUri = z.url().max(2048).describe("Where its public keys are.");
const audience = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .describe("What `aud` of a token has to hold: the provider's name for this service. Tokens for others are refused.");
const claimName = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !["__proto__", "constructor", "prototype"].includes(text), "No name of a claim.");
const claim = z.array(claimName).min(1).max(5);
const roleMapping = z
  .array(
    z.strictObject({
      value: z.string().min(1).max(500).describe("A role or group of the provider's, to the letter."),
      roles: z.array(z.enum(roleNames)).min(1).max(roleNames.length),
    }),
  )
  .max(200)
  .describe("What stands for which roles here. Who has nothing of it is not let in.");

const settings = {
  name,
  audience,
  algorithms: z.array(z.enum(algorithms)).min(1).max(algorithms.length),
  accessTokenType: z
    .enum(["at+jwt", "jwt"])
    .describe(
      "`at+jwt`: access tokens are marked as such (RFC 9068). `jwt`: they are not; then what looks like an ID token is refused, and a requiredScope is advised.",
    ),
  requiredScope: z.string().regex(/^\S+$/).max(200).nullable().describe("A scope that tokens have to have. Null: any."),
  rolesClaim: claim.describe("Names that lead to the claim with roles or groups, one inside the other."),
  roleMapping,
  emailClaim: claim,
  nameClaim: claim,
  createsUsers: z.boolean().describe("Whether people who are not known yet are added when they come with a role."),
  maxAgeSeconds: z
    .int()
    .min(60)
    .max(7 * 86_400)
    .describe("Older tokens are refused, whatever their expiry."),
  clockToleranceSeconds: z.int().min(0).max(300).describe("How far the provider's clock may be from ours."),
  enabled: z.boolean(),
};

/** Body of `POST /v1/identity-providers`. */
export const createIdentityProviderSchema = z
  .strictObject({
    ...settings,
    issuer,
    jwksUri: jwksUri.optional().describe("Default: what the issuer says at /.well-known/openid-configuration, now."),
    algorithms: settings.algorithms.default(["RS256", "PS256", "ES256", "EdDSA"]),
    accessTokenType: settings.accessTokenType.default("at+jwt"),
    requiredScope: settings.requiredScope.default(null),
    rolesClaim: settings.rolesClaim.default(["roles"]),
    emailClaim: settings.emailClaim.default(["email"]),
    nameClaim: settings.nameClaim.default(["name"]),
    createsUsers: settings.createsUsers.default(false),
    maxAgeSeconds: settings.maxAgeSeconds.default(86_400),
    clockToleranceSeconds: settings.clockToleranceSeconds.default(30),
    enabled: settings.enabled.default(true),
  })
  .meta({ id: "NewIdentityProvider" });

/** Body of `PATCH /v1/identity-providers/{id}`: what is missing stays. */
export const updateIdentityProviderSchema = z
  .strictObject({ ...settings, jwksUri })
  .partial()
  .meta({ id: "IdentityProviderChanges" });

/** An identity provider as it is answered. */
export const identityProviderSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    issuer: z.string(),
    jwksUri: z.string(),
    audience: z.string(),
    algorithms: z.array(z.string()),
    accessTokenType: z.string(),
    requiredScope: z.string().nullable(),
    rolesClaim: z.array(z.string()),
    roleMapping: z.array(z.object({ value: z.string(), roles: z.array(z.enum(roleNames)) })),
    emailClaim: z.array(z.string()),
    nameClaim: z.array(z.string()),
    createsUsers: z.boolean(),
    maxAgeSeconds: z.int(),
    clockToleranceSeconds: z.int(),
    enabled: z.boolean(),
    version: z.int().describe("Counts changes; also the ETag."),
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: "IdentityProvider" });

/** The keys that a provider shows, as it describes them. */
export const publishedKeysSchema = z
  .object({
    keys: z.array(
      z.object({
        keyId: z.string().nullable(),
        type: z.string().nullable(),
        algorithm: z.string().nullable(),
        use: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "PublishedKeys" });

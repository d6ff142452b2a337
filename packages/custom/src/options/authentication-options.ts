import { samlNameFormats } from "@isthmus/core";
import { z } from "zod";
import { findKeyHeaderProblem } from "../requests/header-names.js";

/** An absolute address that holds no secret and no fragment. Which hosts may be talked to is the transport's decision. */
const endpointOption = z
  .string()
  .max(2_000)
  .refine(isEndpoint, "must be an absolute URL without user name, fragment or places");

/** Parameters that the flow itself sets. A second value would break it, and a secret one belongs into the credentials. */
const flowParameters =
  /^(?:client_id|client_secret|client_assertion(?:_type)?|grant_type|code|code_verifier|code_challenge(?:_method)?|redirect_uri|refresh_token|response_type|scope|state|assertion|username|password)$/i;

const parametersOption = (description: string) =>
  z
    .record(z.string().min(1), z.string().max(2_000))
    .default({})
    .superRefine((parameters, context) => {
      for (const name of Object.keys(parameters)) {
        if (!flowParameters.test(name)) continue;
        context.addIssue({ code: "custom", path: [name], message: "is set by the flow, or is a secret: leave it out" });
      }
    })
    .meta({ description });

const reservedClaims = ["iss", "sub", "aud", "exp", "iat", "jti"];

const assertionOption = z
  .strictObject({
    algorithm: z.enum(["RS256", "PS256", "ES256"]).default("RS256").meta({ description: "How it is signed." }),
    audience: z.string().min(1).optional().meta({ description: "`aud`. Default: the token endpoint." }),
    issuer: z.string().min(1).optional().meta({ description: "`iss`. Default: the client id." }),
    subject: z.string().min(1).optional().meta({ description: "`sub`, whom we act for. Default: the client id." }),
    lifetimeSeconds: z.int().min(10).max(3_600).default(180).meta({ description: "From `iat` to `exp`." }),
    claims: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .refine(
        (claims) => !reservedClaims.some((name) => Object.hasOwn(claims, name)),
        `must not set ${reservedClaims.join(", ")}`,
      )
      .default({})
      .meta({ description: "Further claims, such as `scope`." }),
  })
  .meta({ description: "What the assertion of oauth2_jwt_bearer says (RFC 7523)." });

const samlAssertionOption = z
  .strictObject({
    issuer: z
      .string()
      .min(1)
      .max(1_000)
      .meta({ description: "Name of the identity provider, as the server trusts it." }),
    audience: z.string().min(1).max(1_000).meta({ description: "The server's name as a service provider." }),
    recipient: endpointOption.optional().meta({ description: "Default: the token endpoint." }),
    nameFormat: z.enum(samlNameFormats).default("unspecified").meta({ description: "How the subject is named." }),
    lifetimeSeconds: z.int().min(60).max(3_600).default(300).meta({ description: "How long an assertion is valid." }),
  })
  .meta({ description: "What the assertion of oauth2_saml_bearer says (RFC 7522)." });

/** Where the authorization server is, and what it wants. */
export const oauthOption = z
  .strictObject({
    tokenEndpoint: endpointOption.meta({ description: "Where tokens are granted." }),
    authorizationEndpoint: endpointOption
      .optional()
      .meta({ description: "Where people sign in: needed by oauth2_authorization_code." }),
    revocationEndpoint: endpointOption
      .optional()
      .meta({ description: "RFC 7009. Without it, disconnecting only forgets the tokens." }),
    issuer: z.string().min(1).max(2_000).optional().meta({
      description:
        "The server's identifier, compared with `iss` where it sends one (RFC 9207). Default: the token endpoint's origin.",
    }),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "must be an OAuth scope"))
      .default([])
      .meta({ description: "What is asked for." }),
    clientAuthentication: z
      .enum(["client_secret_post", "client_secret_basic", "none"])
      .optional()
      .meta({ description: "How the client proves itself. Default: client_secret_post with a secret, none without." }),
    authorizationParameters: parametersOption("Further parameters of the page where people sign in, such as `prompt`."),
    tokenParameters: parametersOption("Further parameters of token requests, such as `audience`."),
    tokenLifetimeMs: z.int().min(60_000).max(2_592_000_000).optional().meta({
      description:
        "Milliseconds after which a token has surely ended, where the server does not say. Default: one hour is assumed.",
    }),
    assertion: assertionOption.optional(),
    samlAssertion: samlAssertionOption.optional(),
  })
  .meta({ description: "OAuth 2.0: needed by the methods that begin with oauth2_." });

/** Where the API key goes. */
export const apiKeyOption = z
  .strictObject({
    in: z.enum(["header", "query"]).default("header").meta({ description: "In a header, or in the query." }),
    name: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: "Of the header or parameter.", examples: ["X-Api-Key"] }),
    prefix: z
      .string()
      .max(50)
      .regex(/^[\x21-\x7e][\x20-\x7e]*$/, "must be printable ASCII")
      .optional()
      .meta({ description: "Stands before the key in a header, its blank included.", examples: ["Token "] }),
  })
  .superRefine((option, context) => {
    const problem = option.in === "header" ? findKeyHeaderProblem(option.name) : undefined;
    if (problem !== undefined) context.addIssue({ code: "custom", path: ["name"], message: problem });
    if (option.in === "query" && option.prefix !== undefined) {
      context.addIssue({ code: "custom", path: ["prefix"], message: "is for headers" });
    }
  })
  .meta({
    description:
      "Needed by the method api_key. In a query the key shows in the access logs of the API: prefer a header.",
  });

/** What the authentication methods need beside the credentials. */
export const authenticationOption = z
  .strictObject({ oauth2: oauthOption.optional(), apiKey: apiKeyOption.optional() })
  .default({})
  .meta({
    title: "Authentication",
    description: "What the connector's authentication method needs beside the credentials.",
  });

/** The authorization server as configured. */
export type OAuthConfiguration = z.output<typeof oauthOption>;
/** Where the API key goes, as configured. */
export type ApiKeyConfiguration = z.output<typeof apiKeyOption>;
/** The assertion as configured. */
export type AssertionConfiguration = z.output<typeof assertionOption>;

function isEndpoint(text: string): boolean {
  const url = URL.parse(text);
  // Nothing is ever put into an address; braces would only look as if it were.
  return (
    !/[{}]/.test(text) &&
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === "" &&
    url.password === "" &&
    url.hash === ""
  );
}

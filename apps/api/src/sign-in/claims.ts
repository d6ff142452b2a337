import type { JWTPayload } from "jose";
import { z } from "zod";
import type { IdentityProviderRow } from "../repositories/index.js";
import { type Role, roles } from "../repositories/index.js";

/** Whether `value` is text that can be stored and shown: not empty, of so many characters at most, no NUL and the like. */
export function isPlainText(value: unknown, maxLength: number): value is string {
  return (
    typeof value === "string" &&
    value.trim() !== "" &&
    value.length <= maxLength &&
    value.isWellFormed() &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are looked for
    !/[\u0000-\u001f\u007f]/.test(value)
  );
}

/** The claim to which these names lead, one inside the other. Only what the token itself holds, never what objects inherit. */
export function readClaim(claims: JWTPayload, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = Reflect.get(value, name);
  }
  return value;
}

/** The roles that a token's roles or groups stand for, each once. Whatever is not mapped stands for nothing. */
export function mapRoles(
  claims: JWTPayload,
  { rolesClaim, roleMapping }: Pick<IdentityProviderRow, "rolesClaim" | "roleMapping">,
): readonly Role[] {
  const claim = readClaim(claims, rolesClaim);
  const values = new Set<unknown>(Array.isArray(claim) ? claim : [claim]);
  const mapped = new Set(roleMapping.filter(({ value }) => values.has(value)).flatMap((each) => each.roles));
  return roles.filter((role) => mapped.has(role));
}

/** Who a token says that somebody is, beside their subject. */
export interface Profile {
  /** `undefined` when there is none that is fit for use. */
  readonly email: string | undefined;
  /** Whether the provider says that the address has not been verified. */
  readonly isEmailUnverified: boolean;
  /** Their address where there is none. */
  readonly name: string | undefined;
}

const emailSchema = z.email().max(254);

/** Name and address, for a person who is added. They are shown, and decide nothing. */
export function readProfile(
  claims: JWTPayload,
  { emailClaim, nameClaim }: Pick<IdentityProviderRow, "emailClaim" | "nameClaim">,
): Profile {
  const email = emailSchema.safeParse(readClaim(claims, emailClaim)).data;
  const name = readClaim(claims, nameClaim);
  return {
    email,
    isEmailUnverified: claims.email_verified === false || claims.email_verified === "false",
    name: isPlainText(name, 200) ? name.trim() : email,
  };
}

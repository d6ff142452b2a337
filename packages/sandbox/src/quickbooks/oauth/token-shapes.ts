import type { GrantPolicy } from "../../shared/grant-store.js";
import type { QuickbooksSettings } from "../settings.js";

/** The grant store's policy under QuickBooks' names, read afresh each time. */
export function grantPolicy(settings: QuickbooksSettings): GrantPolicy {
  return {
    rotateRefreshTokens: true,
    get accessTokenLifetimeMs() {
      return settings.accessTokenLifetimeMs;
    },
    get codeLifetimeMs() {
      return settings.authorizationCodeLifetimeMs;
    },
    get refreshTokenRotationMs() {
      return settings.refreshTokenRotationMs;
    },
    get refreshTokenLifetimeMs() {
      return settings.refreshTokenLifetimeMs;
    },
    get revokeOnReuse() {
      return settings.revokeOnReuse;
    },
    get grantsPerUser() {
      return settings.grantsPerCompany;
    },
  };
}

/** The shapes of the real ones: access tokens are long and dotted, refresh tokens start with RT1 and a checksum. */
export function formatToken(kind: "access" | "refresh" | "code", random: string): string {
  if (kind === "access") {
    // Several hundred characters, as the real ones have.
    return `eyJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiZGlyIn0..${random.slice(0, 22)}.${random.repeat(8)}.${random.slice(-22)}`;
  }
  if (kind === "refresh") return `RT1-${random.slice(0, 3)}-H0-${random.slice(3, 43)}`;
  return `XAB1${random.slice(0, 46)}`;
}

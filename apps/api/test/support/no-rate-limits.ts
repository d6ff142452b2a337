import type { RateLimitSettings } from "../../src/limits/index.js";

/** Tests come as fast as they can, all from one address. */
export const noRateLimits: RateLimitSettings = { perKey: 0, perTenant: 0, refusedPerAddress: 0 };

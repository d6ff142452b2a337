export { CredentialGuesses } from "./credential-guesses.js";
export { rateLimitHeaders, type Standing } from "./rate-limit-headers.js";
export { RateLimiter, type RateLimitState } from "./rate-limiter.js";
export { defaultRateLimits, type RateLimitSettings, rateWindowMs } from "./settings.js";

import { lookAtHealth } from "../health/look-at-health.js";
import { keepLooking } from "../keep-looking.js";
import type { Services } from "../services.js";

const pollMs = 5_000;

/** Looks at each connector once a minute, until `signal` ends it. Any number of processes share the looking. Never throws. */
export function watchHealth(services: Services, signal: AbortSignal): Promise<void> {
  const look = async () => ((await lookAtHealth(services)) > 0 ? 0 : pollMs * (0.5 + services.random.number()));
  return keepLooking(services, { look, failed: "Connectors cannot be looked at; trying again" }, signal);
}

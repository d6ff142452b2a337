export { type Clock, systemClock } from "./clock.js";
export { type Logger, type LogMethod, silentLogger } from "./logger.js";
export { type Random, systemRandom } from "./random.js";

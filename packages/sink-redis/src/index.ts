export { redisSink } from "./definition.js";
export type { RedisSinkSettings } from "./settings.js";

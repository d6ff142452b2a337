export { type Clock, systemClock } from "./clock.js";
export { fileNamePattern, type OperatorFiles } from "./files.js";
export { createFolderFiles } from "./folder-files.js";
export { type Logger, type LogMethod, silentLogger } from "./logger.js";
export { noFiles } from "./no-files.js";
export { type Random, systemRandom } from "./random.js";

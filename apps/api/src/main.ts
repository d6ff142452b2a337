import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Compiling what is loaded takes a quarter of a start. Where the folder cannot be written, the cache is simply off.
enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/isthmus-compile", import.meta.url)));

// Loaded afterwards, so that the cache sees it too.
const { startService } = await import("./start-service.js");
await startService(process.env);

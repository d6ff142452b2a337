import { RefreshWorker } from "../../../apps/api/dist/workers/refresh-worker.js";
import { answerMain } from "./answer-main.js";
import { openServices } from "./service.js";

// The service's own worker in a process.
const { slots, ...task } = JSON.parse(process.argv[2] ?? "{}");
const services = await openServices(task);
const worker = new RefreshWorker({ ...services, slots });
answerMain((signal) => worker.run(signal));

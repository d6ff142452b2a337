import { ApiError } from "../errors/index.js";
import type { Services } from "../services.js";

/**
 * Returns when the service can work.
 *
 * @throws {DatabaseUnavailableError} while the database is away.
 * @throws {ApiError} `SHUTTING_DOWN`.
 */
export async function checkReadiness({ database, stopping }: Pick<Services, "database" | "stopping">): Promise<void> {
  if (stopping.aborted) throw new ApiError("SHUTTING_DOWN", "The service is stopping.");
  await database.ping();
}

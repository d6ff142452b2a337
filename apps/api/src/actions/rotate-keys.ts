import { ConflictError, NotFoundError } from "@isthmus/core";
import { UniqueViolationError } from "../database/index.js";
import { ApiError } from "../errors/index.js";
import type { KeyRotationRow, PlatformRequest } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type KeyRotationView, viewKeyRotation } from "./key-rotation-view.js";
import { type ListRequest, toListAnswer, toPageRequest } from "./paging.js";

/**
 * Begins a rotation to the key-encryption key that wraps now, which a worker then works off.
 *
 * @param dataKeys - Whether tenants also get new data keys, and their sealed values go under them.
 * @throws {ApiError} `KEY_ROTATION_RUNNING`.
 */
export async function rotateKeys(
  { database, keyProvider }: Services,
  { id, ip }: PlatformRequest,
  dataKeys: boolean,
): Promise<KeyRotationView> {
  const rotation = { dataKeys, keyEncryptionKeyId: keyProvider.currentKeyId };
  const begun = await database.asSystem(({ keys }) => keys.begin(rotation, { id, ip }));
  if (begun === undefined) throw isRunning();
  return viewKeyRotation(begun);
}

/** Stops a rotation with its next batch. One that does not run stays as it is. @throws {NotFoundError} */
export async function stopKeyRotation(
  services: Services,
  { id, ip }: PlatformRequest,
  rotationId: string,
): Promise<KeyRotationView> {
  const stopped = await services.database.asSystem(({ keys }) => keys.stop(rotationId, { id, ip }));
  return viewKeyRotation(stopped ?? (await findKeyRotation(services, rotationId)));
}

/**
 * Lets a stopped rotation go on where it was. One that runs stays as it is.
 *
 * @throws {NotFoundError}
 * @throws {ApiError} `KEY_ROTATION_RUNNING` while another one runs.
 * @throws {ConflictError} when it is completed, or another one was begun since.
 */
export async function resumeKeyRotation(
  services: Services,
  { id, ip }: PlatformRequest,
  rotationId: string,
): Promise<KeyRotationView> {
  try {
    const resumed = await services.database.asSystem(({ keys }) => keys.resume(rotationId, { id, ip }));
    const rotation = resumed ?? (await findKeyRotation(services, rotationId));
    if (rotation.status === "running") return viewKeyRotation(rotation);
    if (rotation.status === "stopped") {
      throw new ConflictError("Another rotation was begun since, which this one would undo. Begin a new one.");
    }
  } catch (error) {
    throw error instanceof UniqueViolationError ? isRunning() : error;
  }
  throw new ConflictError("The rotation is completed. Begin a new one.");
}

/** One rotation. @throws {NotFoundError} */
export async function getKeyRotation(services: Services, rotationId: string): Promise<KeyRotationView> {
  return viewKeyRotation(await findKeyRotation(services, rotationId));
}

/** Every rotation, newest first. */
export async function listKeyRotations({ database }: Services, request: ListRequest) {
  const page = toPageRequest(request);
  return toListAnswer(await database.asSystem(({ keys }) => keys.list(page)), viewKeyRotation);
}

async function findKeyRotation({ database }: Services, rotationId: string): Promise<KeyRotationRow> {
  const row = await database.asSystem(({ keys }) => keys.find(rotationId));
  if (row) return row;
  throw new NotFoundError("There is no such rotation of keys.");
}

function isRunning(): ApiError {
  return new ApiError("KEY_ROTATION_RUNNING", "A rotation of keys runs already. Wait for its end, or stop it first.");
}

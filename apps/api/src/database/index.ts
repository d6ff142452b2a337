export {
  DatabaseError,
  type DatabaseErrorCode,
  DatabaseUnavailableError,
  DataDirectoryLockedError,
  type LockHolder,
  NestedUnitOfWorkError,
  StaleVersionError,
  UniqueViolationError,
} from "./errors.js";
export { newId } from "./ids.js";
export { type Database, type OpenDatabaseOptions, openDatabase } from "./open-database.js";
export { unwatched, type WriteWatch, watchWrites } from "./write-watch.js";

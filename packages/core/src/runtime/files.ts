/**
 * Files that the operator of a program keeps for a connector: certificates, keys, schemas. A connector asks by a plain name and
 * never by a path, so that nothing else of the machine can be reached.
 */
export interface OperatorFiles {
  /**
   * The content as it is now. The same object is given as long as the file has not changed.
   *
   * @param name - Letters, digits, `.`, `_` and `-`; begins with none of the last three.
   * @throws {ValidationError} when there is no such file, or no place for them was configured.
   */
  read(name: string): Promise<Buffer>;
}

/** What {@link OperatorFiles} takes for a name. */
export const fileNamePattern = /^[A-Za-z0-9][\w.-]{0,199}$/;

import { ValidationError } from "../errors/index.js";
import type { OperatorFiles } from "./files.js";

/** Where no place for files is configured. */
export const noFiles: OperatorFiles = {
  read: async (name) => {
    throw new ValidationError(`There is no place for files here, so ${name} cannot be read: give its content inline.`);
  },
};

import { z } from "zod";
import { isJsonPointer } from "../json-pointer.js";

/** A field of the configuration that holds a JSON Pointer (RFC 6901). */
export const pointerOption = z
  .string()
  .max(500)
  .refine(isJsonPointer, 'must be a JSON Pointer (RFC 6901), such as /data/items; "" is the whole');

import { ValidationError } from "@isthmus/core";

/** A record that an earlier call of the same change set makes, by the `contentId` which that call was given. */
export interface ContentReference {
  readonly set: string;
  readonly contentId: string;
}

/** Whether a place is one that is made in the same change set. */
export function isContentReference(place: object): place is ContentReference {
  return "contentId" in place;
}

/** @throws {ValidationError} unless it can stand in a header and at the beginning of a path. */
export function assertContentId(contentId: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$/.test(contentId)) return;
  throw new ValidationError("A content id is made of up to 50 letters, digits, _ and -.", [
    { path: "contentId", message: "Such as 1 or order." },
  ]);
}

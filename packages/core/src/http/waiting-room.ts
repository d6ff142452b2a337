/** More than this is not waited for: the beginning shows that the answer comes. */
const enoughBytes = 16 * 1024;

/** What Node reads from a socket at once comes on top. */
const roomBytes = enoughBytes + 64 * 1024;

/** Memory that is kept for its next use. */
const maxFreeRooms = 16;
const freeRooms: Buffer[] = [];

/**
 * The beginning of a body that waits for its reader, copied into memory that is used again. The pieces as they came from the
 * socket, when they wait for longer than V8's young generation, would lie outside of the heap until 64 MB of such have gathered.
 */
export class WaitingRoom {
  #room: Buffer | undefined;
  #length = 0;

  /** @returns False when there is no room for the piece: it is not taken. */
  tryAdd(piece: Buffer): boolean {
    if (this.#length + piece.length > roomBytes) return false;
    this.#room ??= freeRooms.pop() ?? Buffer.allocUnsafeSlow(roomBytes);
    piece.copy(this.#room, this.#length);
    this.#length += piece.length;
    return true;
  }

  /** Whether so much waits that no more is wanted. */
  get isFull(): boolean {
    return this.#length >= enoughBytes;
  }

  /** What waits, as a copy that is the reader's own. The room is empty then. @returns `undefined` when nothing waits. */
  take(): Buffer | undefined {
    const taken = this.#room && Buffer.from(this.#room.subarray(0, this.#length));
    this.clear();
    return taken;
  }

  /** Lets go of what waits. */
  clear(): void {
    if (this.#room !== undefined && freeRooms.length < maxFreeRooms) freeRooms.push(this.#room);
    this.#room = undefined;
    this.#length = 0;
  }
}

import type { VendorAnswer, VendorRequest } from "./vendor-messages.js";

/** The vendor's cards, and what it answered to each key. */
export interface VendorCards {
  readonly byId: Map<string, { readonly id: string; readonly version: number; readonly title: string }>;
  readonly answers: Map<string, VendorAnswer>;
}

/** `GET /api/cards` gives all of them, `POST` makes or changes one, once for each key. */
export function answerCards({ method, body }: VendorRequest, cards: VendorCards): VendorAnswer {
  if (method === "GET") return { status: 200, body: [...cards.byId.values()] };
  const wish: { key: string; id?: string; title?: unknown; version?: number } = JSON.parse(body);
  const answer = cards.answers.get(wish.key) ?? write(wish, cards);
  cards.answers.set(wish.key, answer);
  return answer;
}

function write(
  { id = "", title, version }: { id?: string; title?: unknown; version?: number },
  { byId }: VendorCards,
): VendorAnswer {
  const there = byId.get(id);
  if (id !== "" && there === undefined) return refusal(404, "NO_SUCH_CARD", "There is no such card.");
  if (typeof title !== "string") return refusal(400, "INVALID_CARD", "A card has a title.");
  if (version !== undefined && there?.version !== version) return refusal(412, "CHANGED", "It has another version.");
  const card = { id: there?.id ?? `card-${byId.size + 1}`, version: (there?.version ?? 0) + 1, title };
  byId.set(card.id, card);
  return { status: 200, body: card };
}

function refusal(status: number, code: string, message: string): VendorAnswer {
  return { status, body: { error: { code, message } } };
}

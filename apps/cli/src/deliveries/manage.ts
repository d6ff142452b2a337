import type { CommandContext, SinksContext, WebhooksContext } from "../context.js";
import { tell } from "../notices.js";
import type { DeadLetterFilter } from "../platform-api.js";
import { describeDeadLetter, describeDelivery, describeSink, describeWebhook } from "./describe.js";

/** As many as the service replays at once. */
const mostAtOnce = 10_000;

/** Prints the newest webhooks, with how much did not arrive. */
export async function listWebhooks(context: WebhooksContext): Promise<void> {
  print(context, await context.api.listWebhooks(), describeWebhook, "No webhook.");
}

/** Prints the newest deliveries of a webhook that were given up. */
export async function listDeadDeliveries(context: WebhooksContext, webhookId: string): Promise<void> {
  print(context, await context.api.listDeadDeliveries(webhookId), describeDelivery, "No dead delivery.");
}

/** Has all dead deliveries of a webhook tried again. */
export async function replayWebhook(context: WebhooksContext, webhookId: string): Promise<void> {
  const answer = await context.api.replayWebhook(webhookId);
  printReplayed(context, answer);
}

/** Has one dead delivery tried again. */
export async function replayDelivery(context: WebhooksContext, deliveryId: string): Promise<void> {
  const delivery = await context.api.replayDelivery(deliveryId);
  if (context.json) context.host.write(`${JSON.stringify(delivery)}\n`);
  else printReplayed(context, { replayed: 1 });
}

/** Prints the operator's sinks, with how much waits for each. */
export async function listSinks(context: SinksContext): Promise<void> {
  print(context, await context.api.listSinks(), describeSink, "No sink: ISTHMUS_SINKS names none.");
}

/** Prints the newest events that a sink does not take. */
export async function listDeadLetters(context: SinksContext, filter: DeadLetterFilter): Promise<void> {
  print(context, await context.api.listDeadLetters(filter), describeDeadLetter, "No dead letter.");
}

/** Has dead letters handed to their sink once more. */
export async function replayDeadLetters(
  context: SinksContext,
  which: DeadLetterFilter & { readonly event?: string },
): Promise<void> {
  printReplayed(context, await context.api.replayDeadLetters(which));
}

interface Listed<Item> {
  readonly data: readonly Item[];
  readonly nextCursor?: string | null;
}

function print<Item>(
  context: CommandContext<unknown>,
  page: Listed<Item>,
  describe: (item: Item) => string,
  nothing: string,
): void {
  const { host, json } = context;
  if (json) host.write(`${JSON.stringify(page)}\n`);
  else if (page.data.length === 0) host.write(`${nothing}\n`);
  else for (const item of page.data) host.write(`${describe(item)}\n`);
  if (page.nextCursor != null) tell(context, `These are the newest ${page.data.length}; there are more.`);
}

function printReplayed(context: CommandContext<unknown>, answer: { readonly replayed: number }): void {
  const { host, json } = context;
  host.write(`${json ? JSON.stringify(answer) : `Replayed: ${answer.replayed}`}\n`);
  if (answer.replayed === mostAtOnce)
    tell(context, "That is as many as are replayed at once: run it again for the rest.");
}

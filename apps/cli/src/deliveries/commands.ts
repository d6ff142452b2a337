import type { Command } from "commander";
import type { SinksContext, WebhooksContext } from "../context.js";
import { UsageError } from "../failures.js";
import {
  listDeadDeliveries,
  listDeadLetters,
  listSinks,
  listWebhooks,
  replayDeadLetters,
  replayDelivery,
  replayWebhook,
} from "./manage.js";

/** How commands about deliveries come to their services. */
export interface DeliveryContexts {
  readonly tenantOf: (command: Command) => WebhooksContext;
  readonly platformOf: (command: Command) => SinksContext;
}

interface LetterOptions {
  readonly tenant?: string;
  readonly event?: string;
}

/** Adds what looks at webhooks and sinks, and replays what they did not take. */
export function addDeliveryCommands(program: Command, { tenantOf, platformOf }: DeliveryContexts): void {
  const webhooks = program
    .command("webhooks")
    .description("list the newest webhooks, with how much waits for each and how much was given up")
    .action((_options: object, command: Command) => listWebhooks(tenantOf(command)));
  webhooks
    .command("dead")
    .argument("<webhook>", "the webhook's id")
    .description("list the newest deliveries of a webhook that were given up, and why")
    .action((id: string, _options: object, command: Command) => listDeadDeliveries(tenantOf(command), id));
  webhooks
    .command("replay")
    .argument("[webhook]", "the webhook's id")
    .option("--delivery <id>", "only this delivery, instead of all of a webhook's")
    .description("try dead deliveries again, the oldest first, up to 10,000 of them")
    .action((id: string | undefined, { delivery }: { readonly delivery?: string }, command: Command) => {
      if (id !== undefined && delivery === undefined) return replayWebhook(tenantOf(command), id);
      if (id === undefined && delivery !== undefined) return replayDelivery(tenantOf(command), delivery);
      throw new UsageError("Give the id of a webhook, or --delivery with the id of one delivery.");
    });
  const sinks = program
    .command("sinks")
    .description("list the operator's sinks, with how much waits for each and how much was given up")
    .action((_options: object, command: Command) => listSinks(platformOf(command)));
  sinks
    .command("dead")
    .argument("<sink>", "the sink's package, such as @isthmus/sink-redis")
    .option("--tenant <id>", "only events of this tenant")
    .description("list the newest events that a sink does not take, and why")
    .action((sink: string, { tenant }: LetterOptions, command: Command) =>
      listDeadLetters(platformOf(command), { sink, ...(tenant !== undefined && { tenant }) }),
    );
  sinks
    .command("replay")
    .argument("<sink>", "the sink's package, such as @isthmus/sink-redis")
    .option("--tenant <id>", "only events of this tenant")
    .option("--event <id>", "only this event")
    .description("hand dead letters to their sink once more, the oldest first, up to 10,000 of them")
    .action((sink: string, options: LetterOptions, command: Command) =>
      replayDeadLetters(platformOf(command), { sink, ...options }),
    );
}

import { describe, expect, it } from "vitest";
import { silentLogger } from "../runtime/index.js";
import { EventBus } from "./index.js";

const event = { connection: { type: "example" }, version: 2 };

describe("EventBus", () => {
  it("tells listeners of the name and of everything, in the order of their subscription", () => {
    const bus = new EventBus();
    const heard: string[] = [];
    bus.on("token.refreshed", ({ version }) => void heard.push(`first ${version}`));
    bus.on("token.refreshed", () => void heard.push("second"));
    bus.on("connector.created", () => void heard.push("never"));
    bus.onAny((name) => void heard.push(name));
    bus.emit("token.refreshed", event);
    expect(heard).toEqual(["first 2", "second", "token.refreshed"]);
  });

  it("stops telling a listener that unsubscribed, also while it is telling", () => {
    const bus = new EventBus();
    const heard: string[] = [];
    const off = bus.on("token.refreshed", () => {
      heard.push("once");
      off();
    });
    bus.emit("token.refreshed", event);
    bus.emit("token.refreshed", event);
    expect(heard).toEqual(["once"]);
  });

  it("logs a listener that throws or rejects, and goes on", async () => {
    const logged: unknown[] = [];
    const bus = new EventBus({ logger: { ...silentLogger, error: (fields) => void logged.push(fields.event) } });
    let reached = false;
    bus.on("token.refreshed", () => {
      throw new Error("sync");
    });
    bus.on("token.refreshed", () => Promise.reject(new Error("async")));
    bus.on("token.refreshed", () => {
      reached = true;
    });
    bus.emit("token.refreshed", event);
    await new Promise(setImmediate);
    expect(reached).toBe(true);
    expect(logged).toEqual(["token.refreshed", "token.refreshed"]);
  });
});

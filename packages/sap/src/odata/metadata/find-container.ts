import { childrenOf, type XmlElement } from "@isthmus/core";
import { type Edmx, requiredAttribute } from "./edmx.js";
import { shown, unusableMetadata } from "./unusable-metadata.js";

/** The entity container: its children, with those of the containers that it extends. */
export interface Container {
  readonly namespace: string;
  /** Each with the qualified name of the container that it stands in, for annotations. */
  readonly members: readonly { readonly element: XmlElement; readonly owner: string }[];
}

/**
 * The one container of v4; in v2 the one with `m:IsDefaultEntityContainer`, else the first.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` where there is none.
 */
export function findContainer(edmx: Edmx): Container {
  const all = edmx.schemas.flatMap(({ namespace, element }) =>
    childrenOf(element, "EntityContainer").map((container) => ({
      namespace,
      name: `${namespace}.${requiredAttribute(container, "Name")}`,
      container,
    })),
  );
  const chosen = all.find(({ container }) => container.attributes.get("IsDefaultEntityContainer") === "true") ?? all[0];
  if (!chosen) throw unusableMetadata("has no entity container");
  const byName = new Map(all.map((each) => [each.name, each.container]));
  const members: { element: XmlElement; owner: string }[] = [];
  const seen = new Set<string>();
  for (let name: string | undefined = chosen.name; name !== undefined; ) {
    const owner: string = name;
    const container = byName.get(owner);
    if (!container) throw unusableMetadata(`does not have the container ${shown(owner)} that another one extends`);
    if (seen.has(owner)) throw unusableMetadata(`has containers that extend each other (${shown(owner)})`);
    seen.add(owner);
    for (const element of container.children) members.push({ element, owner });
    const extended = container.attributes.get("Extends");
    name = extended === undefined ? undefined : edmx.qualify(extended);
  }
  return { namespace: chosen.namespace, members };
}

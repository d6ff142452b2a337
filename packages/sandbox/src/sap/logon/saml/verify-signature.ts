import { createHash, type KeyObject, verify } from "node:crypto";
import { canonicalize } from "./canonicalize.js";
import { attributeOf, childrenOf, onlyChild, textOf, walk, type XmlElement } from "./xml-tree.js";

const signatureNamespace = "http://www.w3.org/2000/09/xmldsig#";
const exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
const enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/** By algorithm; SHA-1 is off, as it is on a hardened system. */
const signatureHashes: Readonly<Record<string, string>> = {
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": "sha256",
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": "sha512",
};
const digestHashes: Readonly<Record<string, string>> = {
  "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
  "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
};

/**
 * Checks that `root` is signed as a whole, by one enveloped signature that is its own child.
 *
 * The key is the one that is trusted: whatever KeyInfo says is not read. An ID that occurs twice is refused, so that no
 * other element can stand in for the signed one.
 *
 * @throws {Error} saying what is wrong
 */
export function verifySignature(root: XmlElement, key: KeyObject): void {
  const signature = onlyChild(root, signatureNamespace, "Signature");
  const signedInfo = onlyChild(signature, signatureNamespace, "SignedInfo");
  const reference = onlyChild(signedInfo, signatureNamespace, "Reference");
  assertWhole(root, reference);
  assertTransforms(reference);
  const digest = hashFor(digestHashes, onlyChild(reference, signatureNamespace, "DigestMethod"));
  const actual = createHash(digest).update(canonicalize(root, signature)).digest("base64");
  if (actual !== base64Of(onlyChild(reference, signatureNamespace, "DigestValue"))) {
    throw new Error("The assertion was changed after it was signed.");
  }
  const method = attributeOf(onlyChild(signedInfo, signatureNamespace, "CanonicalizationMethod"), "Algorithm");
  if (method !== exclusive) throw new Error(`The canonicalization ${method} is not supported.`);
  const hash = hashFor(signatureHashes, onlyChild(signedInfo, signatureNamespace, "SignatureMethod"));
  const value = Buffer.from(base64Of(onlyChild(signature, signatureNamespace, "SignatureValue")), "base64");
  if (!verify(hash, Buffer.from(canonicalize(signedInfo)), key, value)) throw new Error("The signature is not valid.");
}

function assertWhole(root: XmlElement, reference: XmlElement): void {
  const id = attributeOf(root, "ID");
  if (id === "" || attributeOf(reference, "URI") !== `#${id}`)
    throw new Error("The signature is not that of the assertion.");
  const owners = [...walk(root)].filter((element) => attributeOf(element, "ID") === id);
  if (owners.length !== 1) throw new Error("The ID of the assertion occurs twice.");
}

function assertTransforms(reference: XmlElement): void {
  const transforms = childrenOf(
    onlyChild(reference, signatureNamespace, "Transforms"),
    signatureNamespace,
    "Transform",
  );
  const algorithms = transforms.map((transform) => attributeOf(transform, "Algorithm"));
  if (algorithms.join(" ") !== `${enveloped} ${exclusive}`) {
    throw new Error(`The transforms ${algorithms.join(", ")} are not supported.`);
  }
  const hasPrefixList = transforms.some(
    (transform) => childrenOf(transform, exclusive, "InclusiveNamespaces").length > 0,
  );
  if (hasPrefixList) throw new Error("A list of inclusive namespaces is not supported.");
}

function hashFor(hashes: Readonly<Record<string, string>>, method: XmlElement): string {
  const algorithm = attributeOf(method, "Algorithm");
  const hash = Object.hasOwn(hashes, algorithm) ? hashes[algorithm] : undefined;
  if (hash === undefined) throw new Error(`The algorithm ${algorithm} is not supported.`);
  return hash;
}

function base64Of(element: XmlElement): string {
  return textOf(element).replaceAll(/\s/g, "");
}

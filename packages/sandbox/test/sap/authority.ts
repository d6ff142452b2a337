import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** A certificate and its key, in PEM. */
export interface Identity {
  cert: string;
  key: string;
}

/** A certificate authority of a test. */
export interface Authority {
  /** Its own certificate in PEM, to be trusted. */
  ca: string;
  /** For a server at 127.0.0.1. */
  issueServer(): Identity;
  /** For a client with this common name. */
  issueClient(commonName: string): Identity;
}

/** Makes an authority that nobody trusts who is not told to: X.509 in DER by hand, since Node only reads it. */
export function createAuthority(commonName: string): Authority {
  const root = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issue = (subject: string, extensions: Buffer[]): Identity => {
    const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
    return {
      cert: certify(subject, own.publicKey, commonName, root.privateKey, extensions),
      key: own.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    };
  };
  return {
    ca: certify(commonName, root.publicKey, commonName, root.privateKey, [isAuthority]),
    issueServer: () => issue("server", [atLoopback]),
    issueClient: (name) => issue(name, []),
  };
}

const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const size =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const integer = (value: number): Buffer => der(0x02, Buffer.from([value]));
const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const moment = (text: string): Buffer => der(0x18, Buffer.from(text));
const nameOf = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(objectId("550403"), der(0x0c, Buffer.from(commonName)))));
const extension = (id: string, value: Buffer): Buffer => sequence(objectId(id), der(0x04, value));

const ecdsaWithSha256 = sequence(objectId("2a8648ce3d040302"));
/** basicConstraints: cA true. */
const isAuthority = extension("551d13", sequence(der(0x01, Buffer.from([0xff]))));
/** subjectAltName: the address 127.0.0.1. */
const atLoopback = extension("551d11", sequence(der(0x87, Buffer.from([127, 0, 0, 1]))));

let serial = 0;

function certify(subject: string, key: KeyObject, issuer: string, issuerKey: KeyObject, extensions: Buffer[]): string {
  serial += 1;
  const body = sequence(
    der(0xa0, integer(2)),
    integer(serial),
    ecdsaWithSha256,
    nameOf(issuer),
    sequence(moment("20200101000000Z"), moment("21200101000000Z")),
    nameOf(subject),
    key.export({ type: "spki", format: "der" }),
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
  );
  const signature = der(0x03, Buffer.from([0]), sign("sha256", body, issuerKey));
  const base64 = sequence(body, ecdsaWithSha256, signature).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${(base64.match(/.{1,64}/g) ?? []).join("\n")}\n-----END CERTIFICATE-----\n`;
}

// x509 resolves its parts through tsyringe, which reads decorator metadata.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate and its key, in PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of a test. */
export interface Authority {
  /** Its own certificate in PEM, to be trusted. */
  readonly ca: string;
  /** For a server that is reached by one of these names or addresses. */
  issueServer(names: readonly string[]): Promise<Identity>;
  /** For a client. @param notAfter - Until when it is valid. Default: for a day. */
  issueClient(commonName: string, notAfter?: Date): Promise<Identity>;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Makes an authority that is trusted by nobody who is not told to. */
export async function createAuthority(commonName = "Test CA"): Promise<Authority> {
  const keys = await createKeys();
  const root = await X509CertificateGenerator.createSelfSigned(
    {
      ...validity(),
      name: `CN=${commonName}`,
      keys,
      signingAlgorithm: algorithm,
      extensions: [new BasicConstraintsExtension(true, 1, true)],
    },
    webcrypto,
  );
  const issue = async (
    subject: string,
    usage: ExtendedKeyUsage,
    names: readonly string[],
    notAfter?: Date,
  ): Promise<Identity> => {
    const own = await createKeys();
    const certificate = await X509CertificateGenerator.create(
      {
        ...validity(),
        ...(notAfter && { notAfter }),
        subject: `CN=${subject}`,
        issuer: root.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [
          new ExtendedKeyUsageExtension([usage]),
          new SubjectAlternativeNameExtension(
            names.map((name) => ({ type: /^[\d.]+$/.test(name) ? "ip" : "dns", value: name }) as const),
          ),
        ],
      },
      webcrypto,
    );
    return { cert: new X509Certificate(certificate.rawData).toString("pem"), key: await toPem(own.privateKey) };
  };
  return {
    ca: root.toString("pem"),
    issueServer: (names) => issue(names[0] ?? "server", ExtendedKeyUsage.serverAuth, names),
    issueClient: (name, notAfter) => issue(name, ExtendedKeyUsage.clientAuth, [`${name}.client.test`], notAfter),
  };
}

function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function toPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${der.replaceAll(/.{64}/g, "$&\n")}\n-----END PRIVATE KEY-----\n`;
}

function validity(): { serialNumber: string; notBefore: Date; notAfter: Date } {
  const day = 24 * 60 * 60 * 1000;
  return {
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString("hex"),
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + day),
  };
}

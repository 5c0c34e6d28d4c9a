import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** SASL_SSL with PLAIN and SCRAM for one user, under a certificate of its own. */
export interface SecureListener {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly certificate: Certificate;
}

export interface Certificate {
  /** PKCS #12, with the key. */
  readonly keyStore: string;
  readonly keyStorePassword: string;
  /** PEM: what a client has to trust, since it is signed by itself. */
  readonly caFile: string;
}

const alias = 'broker';
const keyStorePassword = 'only-for-tests';

/** Makes a certificate for 127.0.0.1 in `folder`, or finds it there. */
export function makeCertificate(folder: string): Certificate {
  const keyStore = join(folder, 'broker.p12');
  const caFile = join(folder, 'ca.pem');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(caFile)) {
    const store = ['-keystore', keyStore, '-storetype', 'PKCS12', '-storepass', keyStorePassword, '-alias', alias];
    const names = ['-dname', 'CN=localhost', '-ext', 'san=ip:127.0.0.1,dns:localhost'];
    keytool(['-genkeypair', '-keyalg', 'RSA', '-keysize', '2048', '-validity', '3650', ...names, ...store]);
    writeFileSync(caFile, keytool(['-exportcert', '-rfc', ...store]));
  }
  return { keyStore, keyStorePassword, caFile };
}

export function secureProperties({ user, password, certificate }: SecureListener): Readonly<Record<string, string>> {
  const security = 'org.apache.kafka.common.security';
  return {
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': certificate.keyStore,
    'ssl.keystore.password': certificate.keyStorePassword,
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.secure.plain.sasl.jaas.config': `${security}.plain.PlainLoginModule required user_${user}="${password}";`,
    'listener.name.secure.scram-sha-256.sasl.jaas.config': `${security}.scram.ScramLoginModule required;`,
    'listener.name.secure.scram-sha-512.sasl.jaas.config': `${security}.scram.ScramLoginModule required;`,
  };
}

/** SCRAM passwords stand in the cluster's metadata, from its first moment on. */
export function scramArguments({ user, password }: SecureListener): readonly string[] {
  return ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${user},password=${password}]`]);
}

function keytool(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('keytool', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`services: keytool failed: ${`${stdout}${stderr}`.slice(-500)}`);
  return stdout;
}

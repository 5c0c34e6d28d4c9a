import type { PutObjectCommandInput } from '@aws-sdk/client-s3';

/**
 * How the server encrypts what it keeps: `bucket` as the bucket is set up (AWS: always, with its own key), `s3` with a key of S3 (AES256), `kms` with a
 * key of the KMS; without an id with the account's default key. `kms` costs a call of the KMS an object unless the bucket has a bucket key, which is asked for.
 */
export type Encryption =
  | { readonly kind: 'bucket' }
  | { readonly kind: 's3' }
  | { readonly kind: 'kms'; readonly keyId?: string | undefined };

type EncryptionInput = Pick<PutObjectCommandInput, 'ServerSideEncryption' | 'SSEKMSKeyId' | 'BucketKeyEnabled'>;

/** The parameters that every write carries. */
export function encryptionInput(encryption: Encryption): EncryptionInput {
  switch (encryption.kind) {
    case 'bucket':
      return {};
    case 's3':
      return { ServerSideEncryption: 'AES256' };
    case 'kms':
      return { ServerSideEncryption: 'aws:kms', BucketKeyEnabled: true, ...(encryption.keyId && { SSEKMSKeyId: encryption.keyId }) };
  }
}

/** What is wrong with the server's answer to an encrypted write; undefined when it did as asked. Some servers take the header and do nothing. */
export function encryptionProblem(encryption: Encryption, answered: string | undefined): string | undefined {
  const { ServerSideEncryption: wanted } = encryptionInput(encryption);
  if (wanted === undefined || wanted === answered) return undefined;
  return `it was asked for ${wanted} and ${answered === undefined ? 'says nothing of encryption' : `did ${answered}`}`;
}

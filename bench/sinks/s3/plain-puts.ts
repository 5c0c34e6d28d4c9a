import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

export interface PlainObject {
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
}

/** The cheapest right thing: a loop of the SDK's puts, so many at once. */
export async function putPlainly(client: S3Client, bucket: string, objects: readonly PlainObject[], mostAtOnce: number): Promise<void> {
  const left = objects.values();
  const worker = async (): Promise<void> => {
    for (const { key, body, contentType } of left) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType }));
    }
  };
  await Promise.all(Array.from({ length: mostAtOnce }, worker));
}

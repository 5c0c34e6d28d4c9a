import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

export interface PlainObject {
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
}

/** As many requests at once as the guide sink makes: eight guides, three documents each. */
export const mostAtOnce = 24;

/** The work of each object, so many at once. */
export async function forEachAtOnce(objects: Iterable<PlainObject>, work: (object: PlainObject) => Promise<unknown>): Promise<void> {
  const left = objects[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = left.next(); !next.done; next = left.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: mostAtOnce }, worker));
}

/** The cheapest right thing: a loop of the SDK's puts. */
export function putPlainly(client: S3Client, bucket: string, objects: Iterable<PlainObject>): Promise<void> {
  return forEachAtOnce(objects, ({ key, body, contentType }) =>
    client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType })),
  );
}

export async function getPlainly(client: S3Client, bucket: string, key: string): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? '');
}

export function deletePlainly(client: S3Client, bucket: string, objects: Iterable<PlainObject>): Promise<void> {
  return forEachAtOnce(objects, ({ key }) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })));
}

/** Finished guides as files, for export and download. Implemented on the object store by sinks/s3. */
export interface GuideDocuments {
  /** The newest document of the session; `gone` after it was forgotten. */
  document(tenantId: string, sessionId: string, format: DocumentFormat): Promise<GuideDocument | 'gone' | undefined>;
}

export type DocumentFormat = 'json' | 'html' | 'md';

export interface GuideDocument {
  readonly body: Buffer;
  readonly contentType: string;
  /** Where the object is. A new revision of the guide has another key, so it serves as an entity tag. */
  readonly key: string;
}

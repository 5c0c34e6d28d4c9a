/**
 * Every error code of the platform, a closed union. docs/errors.md explains each one; a test keeps the two equal.
 * Append a code to the group of the folder that raises it; never re-use one.
 */
export const errorCodes = [
  // log
  'LOG_FENCED',
  'LOG_UNKNOWN_OUTCOME',
  'LOG_TOPIC_UNKNOWN',
  'LOG_TOPIC_MISMATCH',
  'LOG_OFFSET_OUT_OF_RANGE',
  'LOG_STALE_MEMBER',
  'LOG_CLOSED',
  'LOG_RECORD_TOO_LARGE',
  'LOG_CORRUPT',
  'LOG_LOCKED',
  'LOG_DISK_FULL',
  'LOG_FORMAT_VERSION',
  'LOG_COMPRESSION_UNSUPPORTED',
  'LOG_IO_FAILED',
  'LOG_UNAVAILABLE',
  'LOG_ACCESS_DENIED',
  'LOG_FAILED',
  // state
  'STATE_LOCKED',
  'STATE_CORRUPT',
  'STATE_FORMAT_VERSION',
  'STATE_DISK_FULL',
  'STATE_CLOSED',
  'STATE_IO_FAILED',
  // topology
  'TOPOLOGY_INVALID',
  'TASK_LOST',
  'TASK_FAILED',
  'STORE_UNKNOWN',
  'SERDE_FAILED',
  'PROCESSING_FAILED',
  'ASYNC_FAILED',
  // schemas
  'SCHEMA_INVALID',
  'SCHEMA_UNKNOWN',
  'SCHEMA_INCOMPATIBLE',
  'SCHEMA_REGISTRY_UNAVAILABLE',
  'SCHEMA_REGISTRY_REFUSED',
  'SEAL_KEY_GONE',
  'SEAL_BROKEN',
  // configuration
  'CONFIG_INVALID',
  'CONFIG_UNKNOWN',
  'PLATFORM_UNSUPPORTED',
  // objects and images
  'OBJECT_NOT_FOUND',
  'OBJECT_TOO_LARGE',
  'OBJECT_STORE_FULL',
  'OBJECT_STORE_FAILED',
  'OBJECT_KEY_INVALID',
  'OBJECT_STORE_UNAVAILABLE',
  'OBJECT_STORE_UNSUITABLE',
  'OBJECT_BUCKET_MISSING',
  'OBJECT_ACCESS_DENIED',
  'OBJECT_CLOCK_SKEWED',
  'IMAGE_FAILED',
  'IMAGE_INVALID',
  'IMAGE_TOO_LARGE',
  // sinks
  'VIEW_CORRUPT',
  'VIEW_LOCKED',
  'VIEW_FAILED',
  'ANALYTICS_OFF',
  'ANALYTICS_FAILED',
  'SINK_FAILED',
  // gateway
  'SPOOL_FULL',
  // import and commands
  'IMPORT_INVALID',
  'PORT_TAKEN',
  'BROWSER_NOT_FOUND',
  'BROWSER_FAILED',
  'UPLOAD_STOPPED',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

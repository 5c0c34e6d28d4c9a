import type { Processor, ProcessorContext } from '../builder/processor.ts';

/** Makes the processor of one node of one task. */
export type ProcessorSupplier = (context: ProcessorContext<unknown, unknown, unknown>) => Processor<unknown, unknown>;

/**
 * Wraps the suppliers of a topology's processors, for tracing, logging or tests. A wrapper decides nothing that a replay would not decide
 * again (T1), and passes `onTimer` and `close` on.
 */
export type WrapProcessor = (nodeName: string, supplier: ProcessorSupplier) => ProcessorSupplier;

export const unwrapped: WrapProcessor = (_nodeName, supplier) => supplier;

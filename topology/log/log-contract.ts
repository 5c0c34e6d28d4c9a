import { testCleanup } from './contract/cleanup-contract.ts';
import type { OpenLogUnderTest } from './contract/contract-kit.ts';
import { testGroups } from './contract/group-contract.ts';
import { testHistories } from './contract/history-contract.ts';
import { testRecords } from './contract/record-contract.ts';
import { testTransactions } from './contract/transaction-contract.ts';

export type { LogUnderTest, OpenLogUnderTest } from './contract/contract-kit.ts';

/** Registers the tests that every log passes. `open` gives a fresh, empty log each time. */
export function testLogContract(name: string, open: OpenLogUnderTest): void {
  testRecords(name, open);
  testTransactions(name, open);
  testGroups(name, open);
  testCleanup(name, open);
  testHistories(name, open);
}

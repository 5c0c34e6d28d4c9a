import type { MemberEvent } from '../../../topology/testing/fleet/member-process.ts';

export interface MemberPlace {
  readonly name: string;
  /** Of its state. */
  readonly directory: string;
}

/** What the disturbed fleet computes, and how it is seen whether it is right. */
export interface ChaosProgram {
  /** Makes the topics: before there are members. */
  prepare(): Promise<void>;
  /** Writes the input up to this share of it, from 0 to 1, while the fleet is disturbed. False when it was there already. */
  feedTo(share: number): Promise<boolean>;
  /** How much has come out so far; waits a moment for more. */
  progress(): Promise<number>;
  /** Program and arguments of a member, for node. */
  memberCommand(place: MemberPlace): readonly string[];
  readEvent(line: string): MemberEvent | undefined;
  /** Waits until everything has come out. @throws {Error} when nothing more came for `stillMs`. */
  done(stillMs: number): Promise<void>;
  /** Called when the members have ended. What is wrong, as sentences. */
  check(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** What the shell learns. Every code of the library has a line here, or this does not compile. */
import type { ErrorCode } from '../api/errors.js';

export const exits = {
  done: 0,
  failed: 1,
  usage: 2,
  bug: 70,
  interrupted: 130,
} as const;

export type Exit = (typeof exits)[keyof typeof exits];

export const exitCodes: Record<ErrorCode, Exit> = {
  InvalidOption: exits.usage,
  InvalidData: exits.failed,
  File: exits.failed,
  InvalidModel: exits.failed,
  OutOfMemory: exits.failed,
  Interrupted: exits.interrupted,
  ClosedPipe: exits.done,
  Internal: exits.bug,
};

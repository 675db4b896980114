/** What a command's exit tells a script. */

/** Exit codes by what they mean. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  daemonNotReachable: 3,
  configurationInvalid: 4,
  noSuchObject: 5,
  degraded: 6,
} as const;

/** One of the exit codes. */
export type ExitCode = typeof EXIT[keyof typeof EXIT];

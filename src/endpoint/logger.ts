/**
 * The endpoint's log: silent until the application configures LogTape for "longwire".
 *
 * What is logged here is what no promise and no counter can tell: the kernel's and the network's
 * refusals that the endpoint lives with.
 */

import { getLogger, type Logger } from "@logtape/logtape";

/** The category is `longwire`, `endpoint`. */
export const logger: Logger = getLogger(["longwire", "endpoint"]);

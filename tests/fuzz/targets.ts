/** All that is fuzzed. */

import { CONFIGURATION } from "./configuration_target.ts";
import { DATA } from "./data_target.ts";
import { MACHINE } from "./machine_target.ts";
import { DECODERS, MESSAGES } from "./octet_targets.ts";
import { PPP } from "./ppp_target.ts";
import type { Target } from "./target.ts";

export const TARGETS: readonly Target[] = [DECODERS, MESSAGES, MACHINE, PPP, DATA, CONFIGURATION];

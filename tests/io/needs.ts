/** What tests with TAP interfaces in namespaces of their own need. */

import { iproute2, type Need, root, tunDevice } from "../harness/requires.ts";

export const TAP_NEEDS: readonly Need[] = [root, tunDevice, iproute2];

export const NAMESPACE_NEEDS: readonly Need[] = [root, iproute2];

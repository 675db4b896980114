/**
 * A worker that blocks in the kernel between messages: what poller_test.ts wakes.
 */

import { answerDoorbell } from "../../src/io/doorbell.ts";
import { openPoller } from "../../src/io/poller.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<{ doorbell: number } | string>) => void;
  postMessage(message: string): void;
  close(): void;
};
const poller = openPoller();
let doorbell = -1;
let announced = 0;

scope.onmessage = ({ data }) => {
  if (typeof data === "object") {
    doorbell = data.doorbell;
    poller.add(doorbell, 1);
    scope.postMessage("waiting");
  } else if (data === "stop") {
    poller.close();
    scope.postMessage("stopped");
    return scope.close();
  } else {
    scope.postMessage(data.toUpperCase());
    announced -= 1;
  }
  while (announced === 0) {
    if (poller.wait(-1) > 0) announced += answerDoorbell(doorbell);
  }
};

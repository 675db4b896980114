/**
 * Watching interfaces for several circuits with one netlink socket per network namespace.
 *
 * Read io/link_monitor.ts first. A circuit watches its interface by index from when it is made
 * until it is closed; the last one in a namespace closes the socket.
 */

import type { LinkDescription } from "../io/interface_message.ts";
import { type LinkEvent, type LinkMonitor, openLinkMonitor } from "../io/link_monitor.ts";
import { openInterfaces } from "../io/network_interface.ts";

/** Told what an interface has become; `undefined` is that it is gone. */
export type InterfaceListener = (link: LinkDescription | undefined) => void;

interface NamespaceWatch {
  readonly monitor: LinkMonitor;
  readonly unwatch: () => void;
  readonly listeners: Map<number, InterfaceListener>;
}

/** The interfaces that are watched, by namespace. */
export class InterfaceWatch {
  readonly #watchReadable: (fd: number, onReadable: () => void) => () => void;
  readonly #namespaces = new Map<string | undefined, NamespaceWatch>();

  constructor(watchReadable: (fd: number, onReadable: () => void) => () => void) {
    this.#watchReadable = watchReadable;
  }

  /**
   * Calls `listener` with the interface as it is now, and at every change. The answered function
   * ends it.
   */
  watch(namespace: string | undefined, index: number, listener: InterfaceListener): () => void {
    const watch = this.#namespaces.get(namespace) ?? this.#open(namespace);
    // What is still to be read tells how the interface came up, not how it is.
    this.#read(namespace, watch);
    watch.listeners.set(index, listener);
    this.#tell(namespace, index, listener);
    return () => {
      if (watch.listeners.get(index) !== listener) return;
      watch.listeners.delete(index);
      if (watch.listeners.size > 0) return;
      this.#namespaces.delete(namespace);
      watch.unwatch();
      watch.monitor.close();
    };
  }

  #open(namespace: string | undefined): NamespaceWatch {
    const monitor = openLinkMonitor(namespace);
    const listeners = new Map<number, InterfaceListener>();
    const unwatch = this.#watchReadable(
      monitor.descriptor.number,
      () => this.#read(namespace, watch),
    );
    const watch: NamespaceWatch = { monitor, unwatch, listeners };
    this.#namespaces.set(namespace, watch);
    return watch;
  }

  #read(namespace: string | undefined, { monitor, listeners }: NamespaceWatch): void {
    for (const event of monitor.events()) this.#handle(namespace, event, listeners);
  }

  #handle(
    namespace: string | undefined,
    event: LinkEvent,
    listeners: ReadonlyMap<number, InterfaceListener>,
  ): void {
    if (event.kind === "missed") {
      for (const [index, listener] of listeners) this.#tell(namespace, index, listener);
    } else {
      listeners.get(event.link.index)?.(event.kind === "removed" ? undefined : event.link);
    }
  }

  #tell(namespace: string | undefined, index: number, listener: InterfaceListener): void {
    using interfaces = openInterfaces(namespace);
    listener(interfaces.link(index));
  }
}

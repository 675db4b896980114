/** Small configurations for tests, and folders for them to lie in. */

import { assert } from "@std/assert";
import type { Configuration } from "../../src/config/configuration.ts";
import { type LoadedConfiguration, readConfiguration } from "../../src/config/load.ts";
import { formatMistake } from "../../src/config/mistake.ts";

/** Reads a text that has no mistake. */
export function validConfiguration(text: string, file = "x.yaml"): Configuration {
  const loaded = readConfiguration(file, text);
  assert(loaded.configuration !== undefined, loaded.mistakes.map(formatMistake).join("\n"));
  return loaded.configuration;
}

/** Keys and messages of all mistakes, a line each. */
export function messagesOf({ mistakes }: LoadedConfiguration): string {
  return mistakes.map(({ severity, key, message }) =>
    `${severity === "warning" ? "warning: " : ""}${key}: ${message}`
  ).join("\n");
}

/** Gives `use` a folder that is gone afterwards. */
export function withFolder(use: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync({ prefix: "longwire-config-" });
  try {
    use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** What is generated is current, and its readers have nothing to say against it. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { generatedFiles } from "../../packaging/generate.ts";
import { ROOT, runTool } from "../../packaging/program.ts";
import { COMMANDS } from "../../src/cli/command_table.ts";
import { configurationJsonSchema } from "../../src/config/json_schema.ts";
import { program, testRequiring } from "../harness/requires.ts";

for (const [path, text] of generatedFiles()) {
  Deno.test(`${path} is current; deno task generate makes it so`, async () => {
    assertEquals(await Deno.readTextFile(ROOT + path), text);
  });
}

testRequiring(
  [program("mandoc", "mandoc")],
  "the manual pages are well-formed, and can be read",
  async () => {
    for (const path of generatedFiles().keys()) {
      if (!path.startsWith("packaging/man/")) continue;
      const lint = await runTool("mandoc", ["-T", "lint", "-W", "warning", path]);
      // A date would make the page of yesterday out of date; the version tells its age.
      const warnings = lint.stdout.split("\n").filter((line) => !line.includes("missing date"));
      assertEquals(warnings, [""]);
      const { stdout } = await runTool("mandoc", ["-T", "utf8", path]);
      // Bold is a letter, a backspace and the letter again.
      // deno-lint-ignore no-control-regex -- that backspace.
      const read = stdout.replace(/.\x08/g, "");
      const words = path.endsWith(".8")
        ? COMMANDS.map(({ name }) => name)
        : Object.keys(configurationJsonSchema().properties as object);
      for (const word of words) assertStringIncludes(read, word);
    }
  },
);

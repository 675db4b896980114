/** What runs from its source is set as what is installed. */

import { assertStringIncludes } from "@std/assert";
import configuration from "../../deno.json" with { type: "json" };
import { TUNING } from "../../packaging/tuning.ts";

Deno.test("the task that runs longwire from its source sets V8 as an installed one does", () => {
  assertStringIncludes(configuration.tasks.longwire.command, ` ${TUNING.join(" ")} `);
});

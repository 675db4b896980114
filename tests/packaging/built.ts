/** The one-file executable, made for a test and gone after it. */

import { assertEquals } from "@std/assert";
import { runTool } from "../../packaging/program.ts";

/** Makes it in a folder of its own, which every user may look into. */
export async function withExecutable(use: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "longwire-built-" });
  try {
    const file = `${folder}/longwire`;
    const bundle = ["run", "-A", "packaging/bundle.ts", file];
    const { success, stderr } = await runTool(Deno.execPath(), bundle);
    assertEquals(success, true, stderr);
    await Deno.chmod(folder, 0o755);
    await use(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

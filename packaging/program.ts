/** Running the programs that packaging is done with. */

/** Where what is made goes; tests have folders of their own. */
export const OUTPUT_FOLDER = Deno.env.get("LONGWIRE_DIST") ??
  new URL("../dist", import.meta.url).pathname;

/** The checkout. */
export const ROOT = new URL("../", import.meta.url).pathname;

/** What a program has said. */
export interface Outcome {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in the checkout, to its end. */
export async function runTool(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  const command = new Deno.Command(program, {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  });
  const { success, stdout, stderr } = await command.output();
  const text = (octets: Uint8Array) => new TextDecoder().decode(octets);
  return { success, stdout: text(stdout), stderr: text(stderr) };
}

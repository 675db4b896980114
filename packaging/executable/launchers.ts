/**
 * The launchers' machine code, by the number that ELF has for the processor (e_machine): what is
 * put in front of the facts in an executable's own segment. Made from launcher_*.s beside this
 * file; tests/packaging/launcher_test.ts holds the two to each other.
 */

/** EM_X86_64. */
const X86_64 = 62;

/** The code of a processor's launcher; none where nobody has written it. */
export function launcherOf(machine: number): Uint8Array<ArrayBuffer> | undefined {
  const code = LAUNCHERS[machine];
  return code === undefined ? undefined : Uint8Array.fromHex(code.replace(/\s/g, ""));
}

const LAUNCHERS: Readonly<Record<number, string>> = {
  [X86_64]: `
    526800020000488d1df3ffffff488d2d5c01000031ff4889e631d241ba08000000b80e0000000f05
    be09000000488d3dfa000000b83f0100000f0585c0791083fe010f84c2000000be01000000ebde89
    c7488b75104801de4c8b65184c89e2b8010000000f054885c00f8e9b0000004801c64929c475e5be
    c8000000ba00000800b8240100000f0585c0787eb8030000000f05448b75204c8d65284f8d24b444
    8b6d2441ffcd7821418b3c244801df418b7424044801deba01000000488b4508ff14034983c408eb
    da5a5a4889e64a8d04f5000000004829c44889e748ad4889c14c01f048ab48a54c8d6528418b0424
    4801d848ab4983c40441ffce75eef348a5488b45004801d8ffe0bf02000000488d3524000000ba33
    000000b8010000000f05bf01000000b8e70000000f056c6f6e67776972652e6a73006c6f6e677769
    72653a206e6f206d656d6f727920666f72207468652070726f6772616d20286d656d66645f637265
    617465290a0f1f00`,
};

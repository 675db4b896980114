/**
 * What shells complete, made from the command table: `longwire completion bash|zsh|fish`.
 *
 * A word in capitals that stands for a file is completed by the shell; one with bars is a choice;
 * the NAME that a command is given is one that the running daemon tells; whatever else is the user's
 * to know.
 */

import { type Command, type CommandAction, type CommandOption, UsageError } from "./command.ts";
import { EXIT } from "./exit_code.ts";

/** The shells that there are scripts for. */
const SHELLS = ["bash", "zsh", "fish"] as const;

/** One of them. */
export type Shell = typeof SHELLS[number];

/** What can stand for a word of the help, such as `udp|ip` or `FILE`. */
type Candidates =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "files" }
  | { readonly kind: "folders" }
  | { readonly kind: "names" }
  | { readonly kind: "unknown" };

/** Asks the daemon; where there is none, nothing is offered. */
const TELL_NAMES = "longwire status --names 2>/dev/null";

const FILE_WORDS: readonly string[] = ["CONFIG", "OTHER", "FILE", "PATH"];

function candidates(word: string, commands: readonly Command[]): Candidates {
  const bare = word.replace(/^\[|\.*\]$/g, "");
  if (bare === "COMMAND") return { kind: "words", words: commands.map(({ name }) => name) };
  if (bare.includes("|")) return { kind: "words", words: bare.split("|") };
  if (bare === "FOLDER") return { kind: "folders" };
  return { kind: FILE_WORDS.some((known) => bare.startsWith(known)) ? "files" : "unknown" };
}

/** As `candidates`, of a command's own words, where a NAME is that of a connection. */
function positionalCandidates(word: string, commands: readonly Command[]): Candidates {
  return word.replace(/^\[|\]$/g, "") === "NAME" ? { kind: "names" } : candidates(word, commands);
}

function shownOptions({ options }: Command): readonly CommandOption[] {
  return options.filter((option) => option.internal !== true);
}

/** How the option is typed: `--write`, and `-w` where there is a letter. */
function spellings({ name, short }: CommandOption): readonly string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}

/** The script that has a shell complete longwire's words. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case "bash":
      return bashScript(commands);
    case "zsh":
      return zshScript(commands);
    case "fish":
      return fishScript(commands);
  }
}

/** `longwire completion SHELL`, of this table of commands. */
export function completionOf(commands: readonly Command[]): CommandAction {
  return ({ positionals: [name = ""], terminal }) => {
    const shell = SHELLS.find((known) => known === name);
    if (shell === undefined) {
      throw new UsageError(
        `there is no completion for ${JSON.stringify(name)}: ${SHELLS.join(", ")}`,
      );
    }
    terminal.out(completionScript(shell, commands));
    return Promise.resolve(EXIT.done);
  };
}

/** What bash answers with for a word. */
function bashAction(what: Candidates): string {
  switch (what.kind) {
    case "words":
      return `COMPREPLY=($(compgen -W "${what.words.join(" ")}" -- "$cur"))`;
    case "files":
      return `COMPREPLY=($(compgen -f -- "$cur"))`;
    case "folders":
      return `COMPREPLY=($(compgen -d -- "$cur"))`;
    case "names":
      return `COMPREPLY=($(compgen -W "$(${TELL_NAMES})" -- "$cur"))`;
    case "unknown":
      return "COMPREPLY=()";
  }
}

function bashScript(commands: readonly Command[]): string {
  const values = commands.flatMap((command) =>
    shownOptions(command).filter(({ value }) => value !== undefined).map((option) => {
      const patterns = spellings(option).map((text) => `"${command.name} ${text}"`).join(" | ");
      return `    ${patterns}) ${bashAction(candidates(option.value ?? "", commands))}; return ;;`;
    })
  );
  const words = commands.map((command) => {
    const options = [...shownOptions(command).flatMap(spellings), "--help"].join(" ");
    const [first = ""] = command.positionals;
    return `    ${command.name})
      case "$cur" in
        -*) COMPREPLY=($(compgen -W "${options}" -- "$cur")) ;;
        *) ${bashAction(positionalCandidates(first, commands))} ;;
      esac ;;`;
  });
  const names = [...commands.map(({ name }) => name), "--help", "--version"].join(" ");
  return `# bash completion for longwire; made by: longwire completion bash
_longwire() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names}" -- "$cur"))
    return
  fi
  case "\${COMP_WORDS[1]} $prev" in
${values.join("\n")}
  esac
  case "\${COMP_WORDS[1]}" in
${words.join("\n")}
  esac
}
complete -o filenames -F _longwire longwire
`;
}

/** What zsh's _arguments does for a word. */
function zshAction(what: Candidates): string {
  switch (what.kind) {
    case "words":
      return `(${what.words.join(" ")})`;
    case "files":
      return "_files";
    case "folders":
      return "_files -/";
    case "names":
      return `{compadd -- $(${TELL_NAMES})}`;
    case "unknown":
      return " ";
  }
}

function zshScript(commands: readonly Command[]): string {
  // Colons and brackets mean something in the specifications of _arguments.
  const text = (summary: string) => summary.replace(/'/g, "'\\''").replace(/[:[\]]/g, "\\$&");
  const name = (word: string) => word.toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();
  const names = commands.map((command) => `    '${command.name}:${text(command.summary)}'`);
  const cases = commands.map((command) => {
    const options = shownOptions(command).flatMap((option) =>
      spellings(option).map((spelling) => {
        const value = option.value === undefined
          ? ""
          : `:${name(option.value)}:${zshAction(candidates(option.value, commands))}`;
        return `'${spelling}[${text(option.summary)}]${value}'`;
      })
    );
    const positionals = command.positionals.map((word, index) =>
      `'${index + 1}${word.startsWith("[") ? "::" : ":"}${name(word)}:${
        zshAction(positionalCandidates(word, commands))
      }'`
    );
    const specifications = [...options, ...positionals, "'--help[What the command is for]'"];
    return `    ${command.name})\n      _arguments \\\n        ${
      specifications.join(" \\\n        ")
    }\n      ;;`;
  });
  return `#compdef longwire
# zsh completion for longwire; made by: longwire completion zsh
_longwire() {
  local -a commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=\${words[2]}
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
# Of a folder of \$fpath this file is the function itself; otherwise it is read to define it.
if [ "\$funcstack[1]" = _longwire ]; then
  _longwire "$@"
else
  compdef _longwire longwire
fi
`;
}

function fishScript(commands: readonly Command[]): string {
  const quoted = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`;
  const action = (word: string): string => {
    const what = candidates(word, commands);
    switch (what.kind) {
      case "words":
        return ` -xa ${quoted(what.words.join(" "))}`;
      case "files":
        return " -rF";
      case "folders":
        return " -xa '(__fish_complete_directories)'";
      case "names":
        return ` -xa '(${TELL_NAMES})'`;
      case "unknown":
        return " -x";
    }
  };
  const names = commands.map((command) =>
    `complete -c longwire -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.summary)}`
  );
  const rest = commands.flatMap((command) => {
    const where = `complete -c longwire -n '__fish_seen_subcommand_from ${command.name}'`;
    const options = shownOptions(command).map(({ name, short, value, summary }) => {
      const letter = short === undefined ? "" : ` -s ${short}`;
      const takes = value === undefined ? "" : action(value);
      return `${where} -l ${name}${letter}${takes} -d ${quoted(summary)}`;
    });
    const [first = ""] = command.positionals;
    const what = positionalCandidates(first, commands);
    if (what.kind === "names") options.push(`${where} -a '(${TELL_NAMES})'`);
    if (what.kind === "words") options.push(`${where} -a ${quoted(what.words.join(" "))}`);
    if (what.kind === "files") options.push(`${where} -F`);
    return options;
  });
  return `# fish completion for longwire; made by: longwire completion fish
complete -c longwire -f
${[...names, ...rest].join("\n")}
`;
}

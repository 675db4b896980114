/**
 * The project's own lint rules: who may import whom, what pure code may not touch, where the
 * protocol version may be asked for, and how long a function may be.
 *
 * The table is `layer_table.ts`; DESIGN.md sections 1, 3 and 9 are its reasons.
 */

import {
  folderOf,
  importFault,
  IMPURE_NAMES,
  pathInSource,
  PURE_FOLDERS,
  VERSION_AWARE_FILES,
} from "./layer_table.ts";

type Visitor = Deno.lint.LintVisitor;
type FunctionNode =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;

const LONGEST_FUNCTION = 60;

const layers: Deno.lint.Rule = {
  create(context): Visitor {
    const path = pathInSource(context.filename);
    if (path === undefined) return {};
    const judge = (node: Deno.lint.Node, specifier: unknown, typeOnly: boolean) => {
      if (typeof specifier !== "string") return;
      const fault = importFault(path, specifier, typeOnly);
      if (fault !== undefined) context.report({ node, message: fault });
    };
    return {
      ImportDeclaration: (node) => judge(node, node.source.value, node.importKind === "type"),
      ExportAllDeclaration: (node) => judge(node, node.source.value, node.exportKind === "type"),
      ExportNamedDeclaration(node) {
        if (node.source !== null) judge(node, node.source.value, node.exportKind === "type");
      },
      ImportExpression(node) {
        if (node.source.type === "Literal") judge(node, node.source.value, false);
      },
    };
  },
};

/** Whether an identifier is only a property's or key's name: `x.process`, `{ process: 1 }`. */
function isOnlyName(node: Deno.lint.Identifier): boolean {
  const parent = node.parent;
  if (parent.type === "MemberExpression") return parent.property === node && !parent.computed;
  if (parent.type === "Property") return parent.key === node && !parent.computed;
  return parent.type === "TSPropertySignature" || parent.type === "TSMethodSignature" ||
    parent.type === "PropertyDefinition" || parent.type === "MethodDefinition" ||
    parent.type === "ImportSpecifier";
}

const pure: Deno.lint.Rule = {
  create(context): Visitor {
    const path = pathInSource(context.filename);
    if (path === undefined || !PURE_FOLDERS.has(folderOf(path))) return {};
    return {
      Identifier(node) {
        if (!IMPURE_NAMES.has(node.name) || isOnlyName(node)) return;
        context.report({ node, message: `${folderOf(path)} is pure: it may not use ${node.name}` });
      },
      MemberExpression(node) {
        const isRandom = node.object.type === "Identifier" && node.object.name === "Math" &&
          node.property.type === "Identifier" && node.property.name === "random";
        if (isRandom) {
          context.report({ node, message: "pure code takes randomness as an argument" });
        }
      },
    };
  },
};

function mentionsVersion(node: Deno.lint.Node): boolean {
  if (node.type === "Identifier") return /version$/i.test(node.name);
  return node.type === "MemberExpression" && mentionsVersion(node.property);
}

function isVersionNumber(node: Deno.lint.Node): boolean {
  return node.type === "Literal" && (node.value === 2 || node.value === 3);
}

const oneDialect: Deno.lint.Rule = {
  create(context): Visitor {
    const path = pathInSource(context.filename);
    if (path === undefined || VERSION_AWARE_FILES.has(path)) return {};
    return {
      BinaryExpression(node) {
        if (!/^[!=]==?$/.test(node.operator)) return;
        const { left, right } = node;
        const asks = (mentionsVersion(left) && isVersionNumber(right)) ||
          (mentionsVersion(right) && isVersionNumber(left));
        if (!asks) return;
        context.report({
          node,
          message: "what differs between versions lives behind Dialect, in the wire's tables, or " +
            `in ${[...VERSION_AWARE_FILES].join(", ")}`,
        });
      },
    };
  },
};

function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

const functionLength: Deno.lint.Rule = {
  create(context): Visitor {
    if (pathInSource(context.filename) === undefined) return {};
    const measure = (node: FunctionNode) => {
      const text = context.sourceCode.text;
      const lines = lineOf(text, node.range[1]) - lineOf(text, node.range[0]) + 1;
      if (lines <= LONGEST_FUNCTION) return;
      context.report({
        node,
        message: `a function of ${lines} lines; ${LONGEST_FUNCTION} at most`,
      });
    };
    return {
      FunctionDeclaration: measure,
      FunctionExpression: measure,
      ArrowFunctionExpression: measure,
    };
  },
};

const names: Deno.lint.Rule = {
  create(context): Visitor {
    return {
      ExportDefaultDeclaration(node) {
        if (context.filename.endsWith("/tests/lint/layers.ts")) return;
        context.report({ node, message: "exports have names here" });
      },
      ClassDeclaration(node) {
        const name = node.id?.name ?? "";
        if (!/(Manager|Helper|Utils?)$/.test(name)) return;
        context.report({ node, message: `${name}: name what it is, not that it helps` });
      },
      TSEnumDeclaration: (node) => context.report({ node, message: "a union type, not an enum" }),
      TSAnyKeyword(node) {
        if (pathInSource(context.filename) === undefined) return;
        context.report({ node, message: "unknown, and a check, instead of any" });
      },
    };
  },
};

/** The plugin as `deno lint` loads it. */
const plugin: Deno.lint.Plugin = {
  name: "longwire",
  rules: {
    layers,
    pure,
    "one-dialect": oneDialect,
    "function-length": functionLength,
    names,
  },
};

export default plugin;

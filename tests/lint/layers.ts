export default { name: "x", rules: {} } satisfies Deno.lint.Plugin;

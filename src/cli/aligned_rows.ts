/** Words and numbers in columns. */

/** How a state is painted; the terminal's own way, or none. */
export type PaintState = (state: string, text: string) => string;

/** A row's words and numbers; the last column is not padded. */
export type Row = readonly Cell[];

/** One of them. */
export interface Cell {
  readonly text: string;
  readonly right?: boolean;
  /** The state that the text tells, for its colour. */
  readonly state?: string;
}

/** Rows as lines, each column as wide as it must be; a text among them stays as it is. */
export function alignRows(rows: readonly (Row | string)[], paint: PaintState): string {
  const widths: number[] = [];
  for (const row of rows) {
    if (typeof row === "string") continue;
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.text.length);
    });
  }
  const lines = rows.map((row) => {
    if (typeof row === "string") return row;
    const cells = row.map((cell, index) => {
      const width = widths[index] ?? 0;
      const padding = " ".repeat(width - cell.text.length);
      const text = cell.state === undefined ? cell.text : paint(cell.state, cell.text);
      return cell.right ? padding + text : text + padding;
    });
    return cells.join("   ").trimEnd();
  });
  return lines.map((line) => `${line}\n`).join("");
}

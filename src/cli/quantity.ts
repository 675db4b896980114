/** Ages and amounts as people read them. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `2d 3h`, `5m 12s`, `7s`: the two largest units. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const units: [number, string][] = [[DAY, "d"], [HOUR, "h"], [MINUTE, "m"], [1, "s"]];
  const first = units.findIndex(([size]) => seconds >= size);
  if (first < 0) return "0s";
  const [large, small] = units.slice(first, first + 2);
  const [size, unit] = large ?? [1, "s"];
  const rest = seconds % size;
  const tail = small === undefined ? 0 : Math.floor(rest / small[0]);
  return `${Math.floor(seconds / size)}${unit}${tail > 0 ? ` ${tail}${small?.[1]}` : ""}`;
}

/** `0 B`, `999 B`, `1.2 kB`, `34 MB`: powers of 1,000, as interfaces' speeds are told. */
export function formatOctets(octets: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = octets;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

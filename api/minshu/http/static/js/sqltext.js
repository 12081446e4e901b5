// What a statement is made of, as far as it is painted and completed. The server alone decides what it means.

const KEYWORDS = `all and any as asc asof anti between by case cast collate cross desc distinct else end escape except
exclude exists false filter first for from full group grouping having ilike in inner intersect interval is join lambda
last lateral left like limit materialized natural not null nulls offset on or order outer over partition pivot
positional qualify range recursive replace right rows sample select semi sets similar some tablesample then to true
try_cast union unpivot using values when where window with within`.split(/\s+/);

/** Parameters of the request itself, which no `$name` can be bound to. */
const RESERVED = new Set(["dataset", "version", "q", "attach", "format", "limit"]);

const KNOWN = new Set(KEYWORDS);

const TOKEN = new RegExp(
  [
    "(?<comment>--[^\\n]*|/\\*[^]*?(?:\\*/|$))",
    "(?<string>'(?:[^']|'')*(?:'|$)|\\$(?<tag>[\\p{L}_][\\p{L}\\p{N}_]*)?\\$[^]*?(?:\\$\\k<tag>\\$|$))",
    '(?<name>"(?:[^"]|"")*(?:"|$))',
    "(?<parameter>\\$[\\p{L}\\p{N}_]+)",
    "(?<number>\\d[\\d_]*(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)",
    "(?<word>[\\p{L}_][\\p{L}\\p{N}_]*)",
    "(?<space>\\s+)",
    "(?<other>[^])",
  ].join("|"),
  "gu",
);

const KINDS = ["comment", "string", "name", "parameter", "number", "word", "space", "other"];

/** The tokens of a text, one after the other without a gap. */
export function tokens(text) {
  return [...text.matchAll(TOKEN)].map((match) => {
    const kind = KINDS.find((name) => match.groups[name] !== undefined);
    const isKeyword = kind === "word" && KNOWN.has(match[0].toLowerCase());
    return { kind: isKeyword ? "keyword" : kind, text: match[0], start: match.index, end: match.index + match[0].length };
  });
}

/** The names that stand as `$name`, each once. */
export function parameters(text) {
  const names = tokens(text).filter((token) => token.kind === "parameter").map((token) => token.text.slice(1));
  return [...new Set(names)].filter((name) => !RESERVED.has(name));
}

/** The place of a code point in a text, in the units that browsers count in. */
export function unitOf(text, point) {
  return [...text].slice(0, point).join("").length;
}

const WORD = /(?:"[^"]*"?|[\p{L}_][\p{L}\p{N}_]*|(?<=\.))$/u;
const OWNER = /((?:"[^"]*"|[\p{L}_][\p{L}\p{N}_]*))\.$/u;

const plain = (name) => name.replace(/^"|"$/g, "").replaceAll('""', '"').toLowerCase();

/** The tables that a statement reads, by all that it calls them. */
function named(schema, text) {
  const found = new Map();
  const parts = tokens(text).filter((token) => token.kind !== "space" && token.kind !== "comment");
  const known = new Map(schema.tables.map((table) => [table.sql.toLowerCase(), table]));
  for (const table of schema.tables) known.set(`"${table.name.toLowerCase().replaceAll('"', '""')}"`, known.get(table.sql.toLowerCase()));
  for (let at = 0; at < parts.length; at++) {
    const path = parts[at + 1]?.text === "." && parts[at + 2] ? 3 : 1;
    const table = known.get(parts.slice(at, at + path).map((part) => part.text).join("").toLowerCase());
    const before = parts[at - 1]?.text.toLowerCase();
    if (!table || !["from", "join", ","].includes(before)) continue;
    at += path - 1;
    if (parts[at + 1]?.text.toLowerCase() === "as") at++;
    const alias = ["word", "name"].includes(parts[at + 1]?.kind) ? parts[++at].text : table.name;
    found.set(plain(alias), table);
  }
  return found;
}

/** How well something fits what was typed: 0 it begins so, 1 it has it in it, or its title has; else none. */
function fit(item, typed) {
  const label = item.label.toLowerCase();
  if (label.startsWith(typed)) return 0;
  return typed && (label.includes(typed) || (item.title ?? "").toLowerCase().includes(typed)) ? 1 : 2;
}

const MOST = 40;

/**
 * What may be meant at the caret: `from` where the word begins, and `items` with their `label`, the text to `insert`,
 * their `kind`, and a `title` and a `detail` where they have one. Nothing within strings and comments, and after what is complete.
 */
export function completions(schema, text, caret, isAsked = false) {
  const before = text.slice(0, caret);
  const last = tokens(before).at(-1);
  if (last && ["string", "comment", "parameter", "number"].includes(last.kind)) return { from: caret, items: [] };
  const word = WORD.exec(before)?.[0] ?? "";
  const from = caret - word.length;
  const owner = OWNER.exec(text.slice(0, from))?.[1];
  // What stands behind AS is a new name.
  if (/\bas\s+$/i.test(text.slice(0, from)) && !isAsked) return { from, items: [] };
  if (!word && !owner && !isAsked) return { from, items: [] };
  const typed = plain(word);
  const reads = named(schema, text);
  const items = owner ? owned(schema, reads, plain(owner)) : free(schema, reads);
  const fitting = items.map((item) => [fit(item, typed), item]).filter(([rank]) => rank < 2);
  fitting.sort(([one], [other]) => one - other);
  const found = fitting.map(([, item]) => item).slice(0, MOST);
  return { from, items: found.some((item) => typed && item.label.toLowerCase() === typed && !isAsked) ? [] : found };
}

const column = (item) => ({ label: item.name, insert: item.sql, detail: item.type, title: item.title, kind: "column" });
const unique = (items) => [...new Map(items.map((item) => [item.kind + item.insert, item])).values()];

function owned(schema, reads, owner) {
  const table = reads.get(owner) ?? schema.tables.find((one) => plain(one.sql) === owner);
  if (table) return table.columns.map(column);
  const inside = schema.tables.filter((one) => plain(one.sql.split(".")[0]) === owner);
  return inside.map((one) => ({ label: one.name, insert: one.sql.slice(one.sql.indexOf(".") + 1), title: one.title, kind: "table" }));
}

function free(schema, reads) {
  const chosen = reads.size ? [...reads.values()] : schema.tables;
  return unique([
    ...chosen.flatMap((table) => table.columns.map(column)),
    ...schema.tables.map((table) => ({ label: table.sql, insert: table.sql, title: table.title, kind: "table" })),
    ...[...reads.keys()].map((name) => ({ label: name, insert: name, detail: reads.get(name).name, kind: "alias" })),
    ...KEYWORDS.map((name) => ({ label: name.toUpperCase(), insert: name.toUpperCase(), kind: "keyword" })),
    ...schema.functions.map((name) => ({ label: name, insert: `${name}(`, detail: "( )", kind: "function" })),
  ]);
}

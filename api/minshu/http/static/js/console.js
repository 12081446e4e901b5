// The SQL page: its editor is painted and completed, and queries are run and cancelled without leaving it.
// What is shown of an answer is the page's own, fetched and taken over node by node.

import { completions, parameters, tokens, unitOf } from "./sqltext.js";

const one = (selector, from = document) => from.querySelector(selector);
// What a form has in it hides its own properties - `dataset` does -, so it is asked for nothing but its fields.
const form = one("#ask");
const frame = one(".console");
const action = one("#pick").getAttribute("action");
const field = one("#q");
const editor = one(".editor");
const said = one("#said");
const cancel = one("#cancel");
const dataset = one("#dataset");

for (const part of document.querySelectorAll(".scripted")) part.hidden = false;
for (const part of document.querySelectorAll("[data-plain]")) part.hidden = true;

// ---------------------------------------------------------------- painting

const paint = document.createElement("pre");
paint.className = "paint";
paint.ariaHidden = "true";
editor.prepend(paint);
editor.classList.add("painted");

let wrong = null;

function repaint() {
  const parts = tokens(field.value).map((token) => {
    const span = document.createElement("span");
    span.className = token.kind;
    if (wrong && token.start < wrong.end && token.end > wrong.start) span.classList.add("wrong");
    span.textContent = token.text;
    return span;
  });
  // A line that is empty has a height only where something follows it.
  paint.replaceChildren(...parts, "\u200b");
  paint.scrollTop = field.scrollTop;
}

field.addEventListener("scroll", () => (paint.scrollTop = field.scrollTop));
field.addEventListener("compositionstart", () => {
  editor.classList.add("composing");
  close();
});
field.addEventListener("compositionend", () => {
  editor.classList.remove("composing");
  changed();
});
field.addEventListener("input", (event) => {
  wrong = null;
  field.removeAttribute("aria-invalid");
  if (!event.isComposing) changed();
});

function changed() {
  repaint();
  askValues();
  suggest();
}

/** Put a text in place of a part of what is written, so that undoing works. */
function write(text, start, end) {
  field.focus();
  field.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, start, end, "end");
    changed();
  }
}

/** Underline what an answer says is wrong. */
function mark(answer) {
  const { start, end } = answer.dataset;
  wrong = start === undefined ? null : { start: unitOf(field.value, +start), end: unitOf(field.value, +end) };
  field.toggleAttribute("aria-invalid", false);
  if (wrong) field.ariaInvalid = "true";
  repaint();
}

// ---------------------------------------------------------------- parameters of the statement

const values = one("#values");
const filled = new Map();

function askValues() {
  for (const input of values.querySelectorAll("input")) filled.set(input.name, input.value);
  const names = parameters(field.value);
  const present = [...values.querySelectorAll("input")].map((input) => input.name);
  if (names.join("\n") === present.join("\n")) return;
  const rows = names.map((name, index) => {
    const row = document.createElement("div");
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(label, { className: "mono", htmlFor: `value-${index + 1}`, textContent: `$${name}` });
    Object.assign(input, { id: `value-${index + 1}`, name, value: filled.get(name) ?? "" });
    row.append(label, input);
    return row;
  });
  values.replaceChildren(one("legend", values), ...rows);
  values.hidden = !names.length;
}

// ---------------------------------------------------------------- completion

const list = document.createElement("ul");
Object.assign(list, { id: "completions", className: "completions", role: "listbox", hidden: true, ariaLabel: said.dataset.options });
editor.append(list);
field.setAttribute("aria-autocomplete", "list");
field.setAttribute("aria-controls", list.id);

let schema = { tables: [], functions: [] };
let known = "";
let offer = { from: 0, items: [] };
let active = -1;

/** What may be completed: of the releases that are chosen now. */
async function learn() {
  const query = new URLSearchParams([...new FormData(form)].filter(([name, value]) => value && ["dataset", "version", "attach"].includes(name)));
  if (known === `${query}`) return;
  known = `${query}`;
  const answer = await fetch(`${action}/tables?${query}`, { headers: { Accept: "application/json" } }).catch(() => null);
  schema = answer?.ok ? await answer.json() : { tables: [], functions: [] };
}

function suggest(isAsked = false) {
  const caret = field.selectionStart;
  offer = caret === field.selectionEnd ? completions(schema, field.value, caret, isAsked) : { items: [] };
  if (!offer.items.length) return close();
  list.replaceChildren(
    ...offer.items.map((item, index) => {
      const option = document.createElement("li");
      const detail = document.createElement("small");
      detail.textContent = [item.detail, localized(item.title)].filter(Boolean).join(" ");
      Object.assign(option, { id: `completion-${index}`, role: "option", className: item.kind });
      option.append(item.label, detail);
      return option;
    }),
  );
  list.hidden = false;
  list.scrollTop = 0;
  active = -1;
  field.removeAttribute("aria-activedescendant");
  place(offer.from);
  said.textContent = `${offer.items.length} ${said.dataset.options}`;
}

/** A publisher's text in the language of the page, where it is in both. */
function localized(text = "") {
  const [zh, en] = text.split(" / ");
  return en && !document.documentElement.lang.startsWith("zh") ? en : zh;
}

function choose(index) {
  list.children[active]?.removeAttribute("aria-selected");
  active = (index + offer.items.length) % offer.items.length;
  const option = list.children[active];
  option.ariaSelected = "true";
  option.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", option.id);
}

function close() {
  if (list.hidden) return;
  list.hidden = true;
  active = -1;
  said.textContent = "";
  field.removeAttribute("aria-activedescendant");
}

/** Take what is chosen, or the first. */
function accept() {
  const item = offer.items[Math.max(active, 0)];
  const { from } = offer;
  const end = field.selectionStart;
  close();
  write(item.insert, from, end);
  close();
}

/** Put the list below a place of the text, which is where the painted text has it. */
function place(offset) {
  let left = offset;
  const node = [...paint.childNodes].find((part) => part.textContent.length >= left || ((left -= part.textContent.length), false));
  const range = document.createRange();
  range.setStart(node.firstChild ?? node, left);
  const at = range.getBoundingClientRect();
  const box = editor.getBoundingClientRect();
  list.style.left = `${Math.max(0, Math.min(at.left - box.left, box.width - list.offsetWidth))}px`;
  list.style.top = `${Math.min(at.bottom - box.top, box.height) + 2}px`;
}

list.addEventListener("mousedown", (event) => {
  event.preventDefault();
  const option = event.target.closest("[role=option]");
  if (!option) return;
  choose([...list.children].indexOf(option));
  accept();
});
field.addEventListener("blur", close);
field.addEventListener("focus", learn);
frame.addEventListener("change", learn);

const KEYS = {
  ArrowDown: () => choose(active + 1),
  ArrowUp: () => choose(Math.max(active, 0) - 1),
  Enter: accept,
  Tab: accept,
  Escape: close,
};

field.addEventListener("keydown", (event) => {
  // Whatever an input method makes of a key is its own: Enter there takes a word, and runs nothing.
  if (event.isComposing || event.keyCode === 229) return;
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
  // Where nothing was chosen, Enter is a new line.
  const isTaken = event.key === "Enter" ? active >= 0 : KEYS[event.key];
  if (!list.hidden && isPlain && isTaken) {
    event.preventDefault();
    event.stopPropagation();
    KEYS[event.key]();
  } else if ((event.ctrlKey && event.code === "Space") || (event.altKey && event.code === "Slash")) {
    event.preventDefault();
    learn().then(() => suggest(true));
  } else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) close();
});

// ---------------------------------------------------------------- running

let running = null;

frame.addEventListener("keydown", (event) => {
  const isRun = event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing;
  if (isRun && event.target.closest("#ask")) {
    event.preventDefault();
    one("#run").click();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running) running.abort();
});
cancel.addEventListener("click", () => running?.abort());

frame.addEventListener("submit", (event) => {
  event.preventDefault();
  close();
  const pairs = [...new FormData(form, event.submitter)];
  const optional = ["version", "attach", "limit"];
  run(`${action}?${new URLSearchParams(pairs.filter(([name, value]) => value || !optional.includes(name)))}`);
});

/** Show what the page of this address shows of an answer. Whatever still runs is cancelled, here and on the server. */
async function run(address) {
  running?.abort();
  const own = (running = new AbortController());
  const answer = one("#answer");
  answer.ariaBusy = "true";
  said.textContent = said.dataset.running;
  cancel.hidden = false;
  try {
    const page = await fetched(address, own.signal);
    history.replaceState(null, "", address);
    show(page);
  } catch (error) {
    if (running === own) said.textContent = said.dataset[error.name === "AbortError" ? "cancelled" : "lost"];
  } finally {
    if (running === own) {
      running = null;
      cancel.hidden = true;
      answer.ariaBusy = null;
    }
  }
}

async function fetched(address, signal) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, signal });
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** Take over parts of another page, which are the server's own words. */
function adopt(page, ...ids) {
  for (const id of ids) {
    const part = page.getElementById(id);
    if (part) document.getElementById(id).replaceWith(document.adoptNode(part));
  }
}

function show(page) {
  if (page.getElementById("answer")) adopt(page, "answer", "schema");
  else one("#answer").replaceChildren(...document.adoptNode(one("main", page)).childNodes);
  const answer = one("#answer");
  mark(answer);
  said.textContent = answer.dataset.said ?? "";
}

const isPlainClick = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

document.addEventListener("click", (event) => {
  const link = event.target.closest("#answer .pages a, #schema a[data-sql]");
  if (!link || !isPlainClick(event)) return;
  event.preventDefault();
  if (link.rel) {
    run(link.href).then(() => one("#answer").scrollIntoView());
    return;
  }
  write(link.dataset.sql, 0, field.value.length);
  close();
  if (values.hidden) one("#run").click();
  else one("input", values).focus();
});

// ---------------------------------------------------------------- another dataset

dataset.addEventListener("change", async () => {
  const address = `${action}?${new URLSearchParams({ dataset: dataset.value })}`;
  const page = await fetched(address).catch(() => null);
  if (!page) {
    said.textContent = said.dataset.lost;
    return;
  }
  one("[name=dataset][type=hidden]").value = dataset.value;
  adopt(page, "version", "schema", "offered", "answer");
  write(one("#q", page).value, 0, field.value.length);
  close();
  dataset.focus();
  history.replaceState(null, "", address);
  learn();
});

mark(one("#answer"));
learn();

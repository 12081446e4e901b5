// Draws the chart anew as soon as a choice is changed. Without this, the form's button does.

const WAIT = 250; // Milliseconds: who goes through a list by keyboard passes over many choices.

const status = document.getElementById("status");
let asked, timer;

const form = () => document.querySelector("form.choices");

// What no longer fits once another choice is made; gives the names of those that are left open.
function adapt(changed) {
  const set = (name, value) => {
    const field = form().elements[name];
    if (field) field.value = value;
  };
  if (changed === "_x") ["_group", "_order", "_limit"].forEach((name) => set(name, "auto"));
  if (changed === "_mark") ["_group", "_limit"].forEach((name) => set(name, "auto"));
  const { _y, _aggregate } = form().elements;
  if (changed === "_y" && _aggregate && !_y.value) _aggregate.value = "count";
  if (changed === "_y" && _aggregate && _y.value && _aggregate.value === "count") _aggregate.value = "sum";
  const scatter = changed === "_mark" && form().elements._mark.value === "scatter";
  return scatter ? ["_x", "_y", "_series"] : [];
}

async function draw(open) {
  const chosen = new URLSearchParams(new FormData(form()));
  open.forEach((name) => chosen.delete(name));
  const url = `${form().action}?${chosen}`;
  const shown = document.getElementById("charting");
  asked?.abort();
  asked = new AbortController();
  shown.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" }, signal: asked.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("charting");
    const focused = document.activeElement?.id;
    shown.replaceWith(fresh);
    if (focused) document.getElementById(focused)?.focus();
    history.replaceState(null, "", url);
    status.textContent = status.dataset.done;
  } catch (error) {
    if (error.name === "AbortError") return;
    shown.removeAttribute("aria-busy");
    status.textContent = status.dataset.failed;
  }
}

document.addEventListener("change", (event) => {
  if (!event.target.closest("form.choices")) return;
  const open = adapt(event.target.name);
  clearTimeout(timer);
  timer = setTimeout(() => draw(open), WAIT);
});

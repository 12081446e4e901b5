// The description of the API: only the operations and errors in which all words of the search occur are shown.
const form = document.querySelector(".narrow");
const field = document.getElementById("narrow");
const told = form.querySelector("[role=status]");
const items = [...document.querySelectorAll("#reference .operation")].map((element) => ({
  element,
  link: document.querySelector(`.contents a[href="#${CSS.escape(element.id)}"]`)?.parentElement,
  text: element.textContent.toLowerCase(),
}));

function narrow() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { element, link, text } of items) {
    const shown = words.every((word) => text.includes(word));
    element.hidden = !shown;
    if (link) link.hidden = !shown;
    count += shown;
  }
  for (const group of document.querySelectorAll("#reference .group")) {
    group.hidden = !group.querySelector(".operation:not([hidden])");
  }
  told.textContent = !words.length ? "" : count ? `${count} ${told.dataset.some}` : told.dataset.none;
}

form.hidden = false;
form.addEventListener("submit", (event) => event.preventDefault());
field.addEventListener("input", narrow);

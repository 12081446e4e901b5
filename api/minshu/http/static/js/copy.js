// Buttons with `data-copy="ID"` copy the text of that element, and say so. Without this script they stay hidden.

const SHOWN = 2000;
const WORDS =
  document.documentElement.lang === "en"
    ? { copied: "Copied", selected: "Selected: press Ctrl+C" }
    : { copied: "已复制", selected: "已选中，请按 Ctrl+C" };
const status = document.createElement("div");
status.className = "hidden";
status.setAttribute("role", "status");
document.body.append(status);

// Browsers give the clipboard to secure pages alone: elsewhere the text is selected for the reader to copy.
function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    return WORDS.copied;
  } catch {
    select(source);
    return WORDS.selected;
  }
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  const label = button.textContent;
  let timer;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const said = await copy(button);
    status.textContent = "";
    status.textContent = button.textContent = said;
    clearTimeout(timer);
    timer = setTimeout(() => (button.textContent = label), SHOWN);
  });
}

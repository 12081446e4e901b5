// The form of /validate: drop a file, see how far it is, cancel, and read the report in place.
const form = document.getElementById("validate");
const file = document.getElementById("file");
const report = document.getElementById("report");
const working = form.querySelector(".working");
const status = working.querySelector("[role=status]");
const bar = working.querySelector("progress");
const cancel = working.querySelector("button");
let request = null;

function say(words, running) {
  working.hidden = false;
  bar.hidden = cancel.hidden = !running;
  status.textContent = words;
}

function tooLarge() {
  return file.files[0] && file.files[0].size > Number(form.dataset.bytes);
}

// What a page of the service says, be it a report or why there is none.
function shown(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const found = page.getElementById("report");
  if (found) return [page.title, ...found.childNodes];
  const notice = document.createElement("div");
  notice.className = "notice";
  notice.append(...page.querySelectorAll("main h1, main .lede"));
  notice.querySelectorAll("h1").forEach((heading) => {
    const strong = document.createElement("strong");
    strong.textContent = heading.textContent;
    heading.replaceWith(strong);
  });
  return [page.title, notice];
}

function answered() {
  if (!request.responseText) return say(status.dataset.failed, false);
  const [title, ...nodes] = shown(request.responseText);
  document.title = title;
  report.replaceChildren(...nodes);
  say(status.dataset.done, false);
  report.focus();
}

function send() {
  if (tooLarge()) return say(status.dataset.large, false);
  request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  request.upload.onprogress = (event) => {
    bar.value = event.loaded / event.total;
    say(event.loaded < event.total ? status.dataset.sending : status.dataset.working, true);
  };
  request.upload.onload = () => {
    bar.removeAttribute("value");
    say(status.dataset.working, true);
  };
  request.onload = answered;
  request.onerror = () => say(status.dataset.failed, false);
  request.onabort = () => say(status.dataset.stopped, false);
  report.replaceChildren();
  bar.value = 0;
  say(status.dataset.sending, true);
  request.send(new FormData(form));
}

form.addEventListener("submit", (event) => {
  if (event.submitter?.hasAttribute("formaction")) return; // A download is the browser's own.
  event.preventDefault();
  send();
});
cancel.addEventListener("click", () => request?.abort());
for (const kind of ["dragover", "dragenter"]) {
  document.addEventListener(kind, (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    form.classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) form.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  form.classList.remove("over");
  file.files = event.dataTransfer.files;
  send();
});

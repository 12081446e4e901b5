// The form that adds a filter: only what fits the chosen column is offered. Without this all operators stand there, in
// groups, and the service says what does not fit.
const form = document.querySelector("form[data-filter]");
const [column, operator, value] = ["_filter_column", "_filter_op", "_filter_value"].map((name) => form.elements[name]);
const groups = [...operator.querySelectorAll("optgroup")];

function offer() {
  const { family, example } = column.selectedOptions[0].dataset;
  const wanted = operator.value;
  operator.replaceChildren(...groups.filter((group) => !family || group.dataset.family === family));
  operator.value = wanted;
  if (operator.selectedIndex < 0) operator.selectedIndex = 0;
  value.placeholder = example ?? "";
  take();
}

function take() {
  const { arity } = operator.selectedOptions[0].dataset;
  value.disabled = arity === "none";
}

column.addEventListener("change", () => {
  value.removeAttribute("list"); // It lists values of the column that the page was made for.
  offer();
});
operator.addEventListener("change", take);
offer();

// A header's way to filter need not load the page again.
for (const link of document.querySelectorAll("a[data-column]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    form.closest("details").open = true;
    column.value = link.dataset.column;
    column.dispatchEvent(new Event("change"));
    form.scrollIntoView({ block: "center" });
    operator.focus();
  });
}

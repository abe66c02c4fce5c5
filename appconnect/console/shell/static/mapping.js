// The user-mapping table: the bar of the selected rows, editing in a row, and the next row after
// a save. htmx replaces the page's main part, so the document listens.

"use strict";

const boxes = () => [...document.querySelectorAll("[name=mapping]")];

const count = () => {
  const bar = document.getElementById("bulk");
  if (!bar) return;
  const ticked = boxes().filter((box) => box.checked);
  const status = bar.querySelector("[data-some]");
  const accept = bar.querySelector("[value=accept]");
  // The value of a row with a suggestion goes on with the CRM user.
  const suggested = ticked.filter((box) => box.value.split(":").length > 2).length;
  bar.hidden = !ticked.length;
  status.textContent = status.dataset.some.replace("{n}", ticked.length);
  accept.hidden = !suggested;
  accept.querySelector(".count").textContent = suggested;
  const all = document.getElementById("choose-all");
  if (all) all.checked = ticked.length > 0 && ticked.length === boxes().length;
};

document.addEventListener("change", ({ target }) => {
  if (target.id === "choose-all") boxes().forEach((box) => (box.checked = target.checked));
  count();
});
document.addEventListener("reset", () => setTimeout(count));

const reveal = (form) => {
  const opener = document.querySelector(`[data-opens="${form.id}"]`);
  if (opener) opener.closest(".suggestion").hidden = true;
  form.hidden = false;
};

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (!opener) return;
  event.preventDefault();
  const form = document.getElementById(opener.dataset.opens);
  const input = form.querySelector("[role=combobox]");
  reveal(form);
  if (opener.dataset.words) input.value = opener.dataset.words;
  input.focus();
  input.select();
  input.click();
});

let saved = null; // the row that is being saved, where it is, and what else is selected
let typed = null; // what somebody types in another row meanwhile, and where

const isMain = ({ target }) => target?.id === "main";

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.requestConfig.verb !== "post") return;
  const row = detail.elt.closest("tbody tr");
  saved = row && {
    row,
    index: row.rowIndex - 1,
    ticked: boxes().filter((box) => box.checked && !row.contains(box)).map((box) => box.value),
  };
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!isMain(detail)) return;
  const box = document.activeElement;
  const isTyping = saved && box.matches("[role=combobox]") && !saved.row.contains(box);
  typed = isTyping ? { id: box.id, words: box.value } : null;
  if (detail.xhr.status < 400) return;
  // A refusal has a page, too.
  saved = null;
  if (detail.xhr.responseText.includes('id="main"')) detail.shouldSwap = true;
  else location.reload();
});

const typedIn = () => typed && document.getElementById(typed.id);

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const box = isMain(detail) && typedIn();
  if (!box) return;
  reveal(box.form);
  box.focus();
  box.value = typed.words;
  box.dispatchEvent(new Event("input"));
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (saved && isMain(detail)) {
    for (const box of boxes()) box.checked = saved.ticked.includes(box.value);
    const rows = document.querySelectorAll("tbody tr");
    const next = rows[Math.min(saved.index, rows.length - 1)];
    const controls = next ? [...next.querySelectorAll(".crm-cell :is([role=combobox], button, a)")] : [];
    const box = typedIn();
    if (box) box.click(); // shows its options again
    else controls.find((control) => control.checkVisibility())?.focus();
    saved = null;
  }
  count();
});
count();

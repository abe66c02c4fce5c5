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

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (!opener) return;
  event.preventDefault();
  const form = document.getElementById(opener.dataset.opens);
  const input = form.querySelector("[role=combobox]");
  opener.closest(".suggestion").hidden = true;
  form.hidden = false;
  if (opener.dataset.words) input.value = opener.dataset.words;
  input.focus();
  input.select();
  input.click();
});

let saved = null; // where in the table a row is being saved, and what else is selected

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const row = detail.requestConfig.verb === "post" && detail.elt.closest("tbody tr");
  saved = row && {
    index: row.rowIndex - 1,
    ticked: boxes().filter((box) => box.checked && !row.contains(box)).map((box) => box.value),
  };
});

// A refusal has a page, too.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status < 400 || detail.target.id !== "main") return;
  saved = null;
  if (detail.xhr.responseText.includes('id="main"')) detail.shouldSwap = true;
  else location.reload();
});

document.addEventListener("htmx:afterSettle", () => {
  if (saved) {
    for (const box of boxes()) box.checked = saved.ticked.includes(box.value);
    const rows = document.querySelectorAll("tbody tr");
    const next = rows[Math.min(saved.index, rows.length - 1)];
    const controls = next ? [...next.querySelectorAll(".crm-cell :is([role=combobox], button, a)")] : [];
    controls.find((control) => control.checkVisibility())?.focus();
    saved = null;
  }
  count();
});
count();

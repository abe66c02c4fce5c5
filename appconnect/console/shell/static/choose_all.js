// The box that ticks all others of its form. The table is replaced while somebody types
// into the search, so the document listens, and the box is shown whenever it is there.

"use strict";

const show = () => {
  const box = document.getElementById("choose-all");
  if (box) box.closest("label").hidden = false;
};

document.addEventListener("change", ({ target }) => {
  if (target.id !== "choose-all") return;
  for (const other of target.form.elements) {
    if (other.type === "checkbox") other.checked = target.checked;
  }
});
document.addEventListener("htmx:afterSwap", show);
show();

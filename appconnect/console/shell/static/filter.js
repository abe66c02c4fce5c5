// Shows only the choices of a fieldset that have the words that somebody types.
// Without this script all are there, and no search box is.

"use strict";

document.querySelectorAll("[data-filters]").forEach((box) => {
  const choices = [...document.getElementById(box.dataset.filters).querySelectorAll(".choice")];
  const found = document.getElementById(box.getAttribute("aria-describedby"));
  const show = () => {
    const words = box.value.toLowerCase().split(/\s+/);
    for (const choice of choices) {
      const text = choice.textContent.toLowerCase();
      const isChosen = choice.querySelector("input").checked;
      choice.hidden = !isChosen && !words.every((word) => text.includes(word));
    }
    const count = choices.filter((choice) => !choice.hidden).length;
    found.textContent = box.value ? `${count} / ${choices.length}` : "";
  };
  box.closest("label").hidden = false;
  box.addEventListener("input", show);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // sends the form
  });
});
